# What other compiled modules need of stream_c.pyx without going through Python.
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from .._codec.fh_chunks cimport fh_chunks, fh_chunks_stop
from .._codec.headers_c cimport Head
from .._codec.sizes cimport BUFFER_SIZE
from .memory_c cimport Buffer, Output

cpdef has_input(sock)
# The same, fileno(), and whether a blocking call can go by that, of a socket that descriptor.pxd is
# for.
cdef bint has_input_itself(sock) except -1
cdef int descriptor_of(sock) except -2
cdef bint may_go_by_descriptor(sock) except -1
# One file more of a socket, as makefile() counts them; one less.
cdef int count_file(sock, int more) except -1
cdef int release_file(sock) except -1

cdef class SocketFile:
    cdef object _sock, _recv_into
    # Of a socket of exactly ssl.SSLSocket: what it works on, that one's read(), SSLEOFError.
    cdef object _tls, _tls_read, _tls_end
    cdef Buffer _buffer
    cdef str _failure
    # What was put back, and how much of it has come again. It comes behind what is in the buffer.
    cdef bytes _held
    cdef Py_ssize_t _held_at
    cdef int _wait_all
    cdef char *_data
    cdef Py_ssize_t _start, _end
    # `_taken`: the call under way has taken bytes that it would lose if it failed now.
    # `_goes_by_descriptor`: nothing of the socket's own is called to receive.
    cdef bint _busy, _failed, _taken, _goes_by_descriptor
    cdef readonly bint heard
    cdef readonly Py_ssize_t leftover
    cdef readonly object starved
    cdef object __weakref__

    # __init__, close, read, read_head and read_chunks
    cdef int open_for(self, sock, bint goes_by_descriptor=*) except -1
    cdef int receive_by_tls(self) except -1
    cdef int close_file(self) except -1
    cdef object take_bytes(self, Py_ssize_t wanted)
    cdef Head take_head(self, Py_ssize_t max_line, Py_ssize_t max_fields)
    cdef bytes take_chunks(self, int64_t *left, Py_ssize_t limit, Py_ssize_t max_line,
                           Py_ssize_t *whole, int *stop)

    cdef int _check_open(self) except -1
    cdef object _open_socket(self)
    cdef int _begin(self) except -1
    cdef void _finish(self) noexcept
    cdef int _put_back(self, bytes data) except -1
    cdef bytes _read(self, Py_ssize_t wanted)
    cdef bytes _read_all(self)
    cdef Head _no_head(self)
    cdef int _decode(self, Output out, int64_t *left, Py_ssize_t limit, Py_ssize_t max_line,
                     Py_ssize_t *whole, Py_ssize_t usual) except -1
    cdef fh_chunks_stop _decode_buffered(self, Output out, fh_chunks *at, Py_ssize_t n,
                                         Py_ssize_t max_line, Py_ssize_t *whole,
                                         Py_ssize_t *framing) noexcept
    cdef bint _is_large(self, Output out, int64_t left, Py_ssize_t limit,
                        Py_ssize_t whole) noexcept
    cdef Py_ssize_t _receive_content(self, Output out, int64_t *left,
                                     Py_ssize_t framing) except -1
    cdef bint _at_last_chunk(self, fh_chunks *at, Py_ssize_t n, Py_ssize_t max_line) noexcept
    cdef int _make_room(self, Output out, int64_t left, Py_ssize_t limit,
                        Py_ssize_t buffered, Py_ssize_t usual) except -1
    cdef Py_ssize_t _receive(self, char *to, Py_ssize_t size, int flags=*) except -1
    cdef bint _is_direct(self) except -1
    cdef Py_ssize_t _received(self, view, char *to, Py_ssize_t size, int flags=*) except -1
    cdef Py_ssize_t _received_late(self, Py_ssize_t why, char *to, Py_ssize_t size,
                                   int flags) except -1
    cdef PyObject *_called(self, view, Py_ssize_t size, int flags, bint is_tls) noexcept
    cdef bint _has_ended_raggedly(self) except -1
    cdef Py_ssize_t _receive_failed(self) except -1
    cdef Py_ssize_t _again(self, char *to, Py_ssize_t size) noexcept
    cdef Py_ssize_t _fill(self, Py_ssize_t most=*) except -1
    cdef bytes _take(self, Py_ssize_t n)
    cdef Py_ssize_t _move(self, char *to, Py_ssize_t n) noexcept
    cdef Py_ssize_t _pour(self, char *to, Py_ssize_t n) except -1
    cdef Py_ssize_t _pour_whole(self, char *to, Py_ssize_t n) except -1
