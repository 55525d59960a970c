# cython: language_level=3, freethreading_compatible=True, auto_pickle=False
"""The chunked transfer coding over csrc/fh_chunks.c: the compiled twin of chunks_py.py, which
documents it. stream_c.pyx calls the same C directly, from its own buffer.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t

cdef extern from "fh_chunks.h" nogil:
    enum fh_chunks_stop:
        FH_CHUNKS_MORE
        FH_CHUNKS_FULL
        FH_CHUNKS_LAST
        FH_CHUNKS_ODD
    ctypedef struct fh_chunks:
        int64_t left
        size_t consumed, produced, whole
    fh_chunks_stop fh_decode_chunks(fh_chunks *at, const char *data, size_t length, char *out,
                                    size_t out_length, size_t max_line)

MORE = <int>FH_CHUNKS_MORE
FULL = <int>FH_CHUNKS_FULL
LAST = <int>FH_CHUNKS_LAST
ODD = <int>FH_CHUNKS_ODD


def decode_chunks(bytes data not None, int64_t left, Py_ssize_t limit, Py_ssize_t max_line):
    """Decode chunks from `data`, at most `limit` bytes of their content.

    `left` is the place in the coding: the number of bytes left in the chunk, 0 before a chunk's
    CRLF, -1 before a size line. `max_line` is the greatest length of a size line in bytes, its
    end included. Returns (content, bytes of `data` used, new `left`, length of the content at the
    end of the last chunk that was finished, one of MORE, FULL, LAST, ODD).
    """
    cdef fh_chunks at
    cdef fh_chunks_stop stop
    cdef Py_ssize_t room = limit if limit < len(data) + 1 else len(data) + 1
    if limit < 0:
        raise ValueError("limit must not be negative")
    at.left = left
    content = PyBytes_FromStringAndSize(NULL, room)
    stop = fh_decode_chunks(&at, PyBytes_AS_STRING(data), <size_t>len(data),
                            PyBytes_AS_STRING(content), <size_t>room,
                            <size_t>max_line if max_line > 0 else 0)
    return content[:at.produced], at.consumed, at.left, at.whole, <int>stop
