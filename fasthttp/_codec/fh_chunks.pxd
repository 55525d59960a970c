# csrc/fh_chunks.h
from libc.stdint cimport int64_t

cdef extern from "fh_chunks.h" nogil:
    enum fh_chunks_stop:
        FH_CHUNKS_MORE, FH_CHUNKS_FULL, FH_CHUNKS_LAST, FH_CHUNKS_ODD
    ctypedef struct fh_chunks:
        int64_t left
        size_t consumed, produced, whole
    fh_chunks_stop fh_decode_chunks(fh_chunks *at, const char *data, size_t length, char *out,
                                    size_t out_length, size_t max_line)
