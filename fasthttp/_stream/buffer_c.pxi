# cython: language_level=3
"""The receiving half of a SocketFile, part of stream_c.pyx: a socket, a buffer, and what failed."""

import os
import socket

cimport cython
from cpython.buffer cimport PyBUF_WRITE
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcpy, memmove

cdef extern from "Python.h":
    object PyMemoryView_FromMemory(char *memory, Py_ssize_t size, int flags)
    Py_buffer *PyMemoryView_GET_BUFFER(object view)

cdef enum:
    BUFFER_SIZE = 65536
    POOL_SIZE = 32
    # From here on bytes are received where they belong, without a copy through the buffer; and for
    # less, no more than this is received ahead, because what comes next belongs elsewhere too.
    DIRECT_SIZE = 16384
    # So much is worth waiting for in the kernel: one call, and the thread is woken once.
    WHOLE_SIZE = 1 << 18
    # Allocators take more than this from the system each time, and give it back.
    REMEMBERED_SIZE = 1 << 25

cdef list _pool = []
cdef int _MSG_WAITALL = socket.MSG_WAITALL if os.name == "posix" else 0
cdef object _SOCKET = socket.socket


cdef class Buffer:
    """Memory to receive into, with a memory of its own: how large results of unknown length were.

    A result for which exactly as much is allocated as the last one took goes where that one was,
    in pages that the allocator has kept. Grown step by step it would be taken from the system and
    given back each time, at the price of a page fault for every 4 KiB.
    """

    cdef object view
    cdef Py_ssize_t usual

    def __init__(self):
        self.view = memoryview(bytearray(BUFFER_SIZE))

    cdef void learn(self, Py_ssize_t size) noexcept:
        """Remember a result; a larger one is forgotten bit by bit."""
        self.usual = max(size, self.usual - (self.usual >> 3))
        if self.usual > REMEMBERED_SIZE:
            self.usual = 0


cdef Buffer _buffer_from_pool():
    try:
        return _pool.pop()
    except IndexError:
        return Buffer()


cdef class Raw:
    """What `SocketFile.raw` is: botocore and docker reach for `fp.raw._sock`."""

    cdef readonly object _sock

    def __init__(self, sock):
        self._sock = sock

    def fileno(self):
        return self._sock.fileno()


cdef class SocketBuffer:
    """What SocketFile inherits for its state, and for receiving."""

    cdef object _sock, _recv_into
    cdef Buffer _buffer
    cdef str _failure
    cdef int _wait_all
    cdef char *_data
    cdef Py_ssize_t _start, _end
    cdef bint _busy, _failed
    cdef readonly bint heard
    cdef readonly Py_ssize_t leftover
    cdef object __weakref__

    def __init__(self, sock):
        self._recv_into = sock.recv_into
        # socket.makefile() does the same: the socket stays open until its last file is closed.
        sock._io_refs += 1
        self._sock = sock
        # Winsock does not take it where the socket has a time-out, SSLSocket nowhere.
        self._wait_all = _MSG_WAITALL if type(sock) is _SOCKET else 0
        self._buffer = _buffer_from_pool()
        self._data = <char *>PyMemoryView_GET_BUFFER(self._buffer.view).buf

    def __del__(self):
        self.close()

    # ---------------------------------------------------------------- state

    @property
    def closed(self):
        return self._sock is None

    @property
    def raw(self):
        return Raw(self._open_socket())

    @property
    def failed(self):
        return self._failed

    @cython.critical_section
    def close(self):
        """Give up the socket. Closing twice is allowed."""
        sock = self._sock
        if sock is None:
            return
        self._sock = self._recv_into = None
        self.leftover = self._end - self._start
        if self._failed and not self.leftover:
            self.leftover = 1
        if not self._busy and len(_pool) < POOL_SIZE:
            # A buffer into which another thread is receiving just now must not serve anyone else.
            _pool.append(self._buffer)
        self._buffer = None
        self._data = NULL
        self._start = self._end = 0
        # What socket._decref_socketios() does, without its frame.
        sock._io_refs -= 1
        if sock._closed:
            sock.close()

    @cython.critical_section
    def receive_by(self, recv_into):
        """Call this from now on to receive, in the place of the socket's own recv_into()."""
        self._check_open()
        self._recv_into = recv_into

    @cython.critical_section
    def received(self):
        """What has been received and not read, also where a read has failed; nothing of a file
        that is closed or in use.
        """
        if self._busy or self._sock is None:
            return b""
        return PyBytes_FromStringAndSize(self._data + self._start, self._end - self._start)

    def fileno(self):
        return self._open_socket().fileno()

    def flush(self):
        self._open_socket()

    def readable(self):
        self._open_socket()
        return True

    def writable(self):
        self._open_socket()
        return False

    def seekable(self):
        self._open_socket()
        return False

    def isatty(self):
        self._open_socket()
        return False

    def __enter__(self):
        self._open_socket()
        return self

    def __exit__(self, *exc):
        self.close()

    cdef int _check_open(self) except -1:
        if self._sock is None:
            raise ValueError("I/O operation on closed file.")
        return 0

    @cython.critical_section
    cdef object _open_socket(self):
        self._check_open()
        return self._sock

    cdef int _begin(self) except -1:
        if self._busy:
            raise RuntimeError("a response is being read by another thread")
        self._check_open()
        if self._failed:
            # Bytes may have been lost with the failure: nothing after it can be in step.
            raise OSError(self._failure)
        self._busy = True
        return 0

    # ------------------------------------------------------------ receiving

    cdef Py_ssize_t _receive(self, char *to, Py_ssize_t size) except -1:
        """One recv_into() of at most `size` bytes; 0 at the end of the stream."""
        return self._received(PyMemoryView_FromMemory(to, size, PyBUF_WRITE), size)

    cdef Py_ssize_t _received(self, view, Py_ssize_t size, int flags=0) except -1:
        cdef Py_ssize_t n
        self._failed = True
        self._failure = "cannot read after a failed read"
        try:
            n = self._recv_into(view) if flags == 0 else self._recv_into(view, 0, flags)
        except TimeoutError:
            self._failure = "cannot read from timed out object"  # as socket.SocketIO says it
            raise
        if n < 0 or n > size:
            raise OSError("recv_into() returned an impossible length")
        if self._sock is None:
            raise ValueError("the file was closed while it was read")
        self._failed = False
        self.heard = self.heard or n > 0
        return n

    cdef Py_ssize_t _fill(self, Py_ssize_t most=BUFFER_SIZE) except -1:
        """Receive into the free part of the buffer, which must not be full; 0 at the end."""
        cdef Py_ssize_t n
        view = self._buffer.view  # keeps the memory while another thread may close us
        if most < BUFFER_SIZE and self._start == self._end:
            self._start = self._end = 0
            n = self._receive(self._data, most)
            self._end = n
            return n
        if self._start == self._end:
            self._start = self._end = 0
            n = self._received(view, BUFFER_SIZE)
        else:
            if self._start:
                memmove(self._data, self._data + self._start, self._end - self._start)
                self._end -= self._start
                self._start = 0
            n = self._receive(self._data + self._end, BUFFER_SIZE - self._end)
        self._end += n
        return n

    cdef bytes _take(self, Py_ssize_t n):
        """The next `n` bytes, which must be in the buffer."""
        taken = PyBytes_FromStringAndSize(self._data + self._start, n)
        self._start += n
        return taken

    cdef Py_ssize_t _move(self, char *to, Py_ssize_t n) noexcept:
        """Copy up to `n` bytes out of the buffer; how many."""
        if n > self._end - self._start:
            n = self._end - self._start
        if n > 0:
            memcpy(to, self._data + self._start, n)
            self._start += n
        return n

    cdef Py_ssize_t _pour(self, char *to, Py_ssize_t n) except -1:
        """Bring up to `n` bytes to an address with at most one recv_into(); 0 at the end."""
        if self._start == self._end:
            if n >= DIRECT_SIZE:
                return self._receive(to, n)
            if self._fill(DIRECT_SIZE) == 0:
                return 0
        return self._move(to, n)

    cdef Py_ssize_t _pour_whole(self, char *to, Py_ssize_t n) except -1:
        """The same where all `n` bytes are wanted before anything is returned."""
        if n >= WHOLE_SIZE and self._wait_all and self._start == self._end:
            return self._received(PyMemoryView_FromMemory(to, n, PyBUF_WRITE), n, self._wait_all)
        return self._pour(to, n)
