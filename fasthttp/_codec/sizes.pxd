# The numbers of sizes.py that are needed where C is compiled; setup.py defines the macros.
cdef extern from *:
    enum:
        BUFFER_SIZE "FH_BUFFER_SIZE"
        MAX_FIELDS "FH_MAX_FIELDS"
        MAX_REQUEST_FIELDS "FH_MAX_REQUEST_FIELDS"
        TRUSTED_SIZE "FH_TRUSTED_SIZE"
