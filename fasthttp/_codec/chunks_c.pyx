# cython: language_level=3, freethreading_compatible=True, auto_pickle=False
"""The chunked transfer coding over csrc/fh_chunks.c: the compiled twin of chunks_py.py, which
documents it. stream_c.pyx calls the same C directly, from its own buffer.
"""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from .fh_chunks cimport *
from .raw_bytes cimport bytes_data, drop_bytes, new_bytes, resize_bytes

MORE = <int>FH_CHUNKS_MORE
FULL = <int>FH_CHUNKS_FULL
LAST = <int>FH_CHUNKS_LAST
ODD = <int>FH_CHUNKS_ODD


def decode_chunks(bytes data not None, int64_t left, Py_ssize_t limit, Py_ssize_t max_line,
                  Py_ssize_t start=0):
    """Decode chunks from `data`, from `start` on, at most `limit` bytes of their content.

    `left` is the place in the coding: the number of bytes left in the chunk, 0 before a chunk's
    CRLF, -1 before a size line. `max_line` is the greatest length of a size line in bytes, its
    end included. Returns (content, bytes of `data` used, new `left`, length of the content at the
    end of the last chunk that was finished, one of MORE, FULL, LAST, ODD). Raises `ValueError` for
    a `limit` below 0, or a `start` that is not within `data`.
    """
    cdef fh_chunks at
    cdef int stop
    cdef Py_ssize_t length = len(data) - start
    if limit < 0 or not 0 <= start <= len(data):
        raise ValueError("limit must not be negative, and start within data")
    at.left = left
    decoded = chunks_at(PyBytes_AS_STRING(data) + start, length, limit, max_line, &at, &stop)
    return decoded, at.consumed, at.left, at.whole, stop


cdef bytes chunks_at(const char *data, Py_ssize_t length, Py_ssize_t limit, Py_ssize_t max_line,
                     fh_chunks *at, int *stop):
    cdef Py_ssize_t room = limit if limit < length + 1 else length + 1
    cdef PyObject *content = new_bytes(NULL, room)
    stop[0] = <int>fh_decode_chunks(at, data, <size_t>length, bytes_data(content), <size_t>room,
                                    <size_t>max_line if max_line > 0 else 0)
    # Cut to size where it is: a copy of large content costs more than decoding it.
    resize_bytes(&content, <Py_ssize_t>at.produced)
    decoded = <bytes>content
    drop_bytes(content)
    return decoded
