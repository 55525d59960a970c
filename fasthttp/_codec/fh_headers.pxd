# csrc/fh_headers.h
from libc.stdint cimport uint32_t

cdef extern from "fh_headers.h" nogil:
    enum:
        FH_INCOMPLETE, FH_ODD
        FH_TRANSFER_ENCODING, FH_CONTENT_LENGTH, FH_CONNECTION, FH_KEEP_ALIVE
        FH_PROXY_CONNECTION, FH_SECOND_CONNECTION, FH_FIELD_IDS
    ctypedef struct fh_field:
        uint32_t name, name_len, value, value_len
    ctypedef struct fh_status_line:
        int version, status
        uint32_t reason, reason_len
    long fh_parse_status_line(const char *buf, size_t length, size_t max_line,
                              fh_status_line *out)
    long fh_parse_fields(const char *buf, size_t length, size_t max_line, fh_field *fields,
                         size_t *count, int *first)
    int fh_same_name(const char *a, const char *b, size_t length)
