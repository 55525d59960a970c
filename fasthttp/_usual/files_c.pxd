# What installed_c.pyx needs of files_c.pyx without going through Python.
from .._guard.guard_c cimport Pristine


cdef class Ahead:
    # A weak reference to the stream, which has this in its dict.
    cdef object stream
    # Of a file that is not in use: that, and its stream.
    cdef object fp, raw
    cdef bytes data
    cdef Py_ssize_t start

    cdef Py_ssize_t give(self, raw, into) except -2
    cdef int put(self, raw, bytes data) except -1
    cdef int leave(self, dict held) except -1


cdef class Files:
    cdef Pristine _raws, _sockets, _tls_sockets, _receives_itself
    cdef dict _of_raw, _of_stub
    cdef list _spares  # of Ahead
    cdef list _rooms
    cdef object _raw_class, _reader_class, _socket_class, _tls_class
    cdef Py_ssize_t _buffer_size

    # Whether makefile() gives what the stdlib's sockets give.
    cdef bint are_of(self, sock) except -1
    # What makefile() gives, and `sock` counts; the caller takes `fp` and `raw` out.
    cdef Ahead file_for(self, sock)
    # Room for as much as a file's buffer takes, which may be more than a Buffer of memory_c.pyx has;
    # and back.
    cdef bytearray take_room(self)
    cdef int give_room(self, bytearray room) except -1
    # Receive once, as the file would: how many bytes have come.
    cdef Py_ssize_t receive(self, sock, bytearray room) except -1
    # The whole body of a response with these attributes, whose file is closed then; None where that is
    # not all that was read ahead, or somebody has read from the file.
    cdef bytes read_ahead(self, dict held, fp, Py_ssize_t wanted)
    # Whether a file is one of those, and nobody has given it attributes.
    cdef bint is_plain(self, fp) except -1
    # Close a file that has been taken out of its response.
    cdef int close(self, fp) except -1

    cdef bint _keep(self, fp, raw, dict of_raw, Ahead ahead) except -1
    cdef bint _is_as_made(self, dict held) except -1
