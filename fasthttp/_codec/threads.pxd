# Whether other threads may run between any two lines of C.
cdef extern from *:
    """
    #ifdef Py_GIL_DISABLED
    #define FH_THREADS_RUN_AT_ONCE 1
    #else
    #define FH_THREADS_RUN_AT_ONCE 0
    #endif
    """
    bint THREADS_RUN_AT_ONCE "FH_THREADS_RUN_AT_ONCE"
