# cython: language_level=3
"""The receiving half of a SocketFile, part of stream_c.pyx: a socket, a buffer, and what failed."""

import os
import socket
import sys

cimport cython
from cpython.buffer cimport PyBUF_WRITABLE, PyBUF_WRITE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.string cimport memcpy, memmove

cdef extern from "Python.h":
    object PyMemoryView_FromMemory(char *memory, Py_ssize_t size, int flags)
    Py_buffer *PyMemoryView_GET_BUFFER(object view)
    # Without an "except" of Cython, which crashes where there is no memory for a traceback.
    PyObject *call_with_view "PyObject_CallFunctionObjArgs"(object function, void *view, void *end)
    PyObject *call_with_flags "PyObject_CallFunction"(object function, const char *format,
                                                      void *view, int size, int flags)
    int PyErr_ExceptionMatches(object kind)

cdef extern from *:
    """
    /* The exception that is raised just now, taken off. */
    static PyObject *fh_take_error(void) {
    #if PY_VERSION_HEX >= 0x030c0000
        return PyErr_GetRaisedException();
    #else
        PyObject *kind, *value, *traceback;
        PyErr_Fetch(&kind, &value, &traceback);
        PyErr_NormalizeException(&kind, &value, &traceback);
        if (traceback != NULL) PyException_SetTraceback(value, traceback);
        Py_XDECREF(kind);
        Py_XDECREF(traceback);
        return value;
    #endif
    }
    """
    object fh_take_error()
    int PyException_SetTraceback(object error, object traceback) except -1

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

# An array, so that taking one and giving it back takes no memory.
cdef PyObject *_pool[POOL_SIZE]
cdef int _pooled = 0
cdef object _pool_lock = object()
cdef object _OURS = None  # stream_c.pyx says it: SocketFile
cdef int _MSG_WAITALL = socket.MSG_WAITALL if os.name == "posix" else 0
cdef object _SOCKET = socket.socket


cdef class Buffer:
    """Memory to receive into, with a memory of its own: how large results of unknown length were.

    A result for which exactly as much is allocated as the last one took goes where that one was,
    in pages that the allocator has kept. Grown step by step it would be taken from the system and
    given back each time, at the price of a page fault for every 4 KiB.
    """

    cdef object view
    # A hold of our own: whoever is given the view to receive into may release it.
    cdef Py_buffer memory
    cdef Py_ssize_t usual

    def __cinit__(self):
        bytes_of_it = bytearray(BUFFER_SIZE)
        PyObject_GetBuffer(bytes_of_it, &self.memory, PyBUF_WRITABLE)
        self.view = memoryview(bytes_of_it)

    def __dealloc__(self):
        PyBuffer_Release(&self.memory)  # which does nothing where there is none

    cdef void learn(self, Py_ssize_t size) noexcept:
        """Remember a result; a larger one is forgotten bit by bit."""
        self.usual = max(size, self.usual - (self.usual >> 3))
        if self.usual > REMEMBERED_SIZE:
            self.usual = 0


cdef Buffer _buffer_from_pool():
    global _pooled
    cdef Buffer buffer = None
    with cython.critical_section(_pool_lock):
        if _pooled:
            _pooled -= 1
            buffer = <Buffer>_pool[_pooled]
            Py_DECREF(buffer)  # the pool's own reference
    return Buffer() if buffer is None else buffer


cdef extern from "Python.h":
    int try_buffer "PyObject_GetBuffer"(PyObject *view, Py_buffer *held, int flags)
    void PyErr_Clear()


cdef void _buffer_to_pool(Buffer buffer) noexcept:
    global _pooled
    cdef Py_buffer held
    if try_buffer(<PyObject *>buffer.view, &held, PyBUF_WRITABLE) < 0:
        PyErr_Clear()  # whoever received into it has released the view: it is of no use to others
        return
    PyBuffer_Release(&held)
    with cython.critical_section(_pool_lock):
        if _pooled < POOL_SIZE:
            Py_INCREF(buffer)
            _pool[_pooled] = <PyObject *>buffer
            _pooled += 1


cdef bint _is_only_empty(error):
    """Whether a receive failed because nothing had come on a socket that does not wait. Nothing is
    lost by that.
    """
    if isinstance(error, BlockingIOError):
        return True
    ssl = sys.modules.get("_ssl")  # nobody but ssl raises its errors
    return ssl is not None and isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError))


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
    # What was put back, and how much of it has come again. It comes behind what is in the buffer.
    cdef bytes _held
    cdef Py_ssize_t _held_at
    cdef int _wait_all
    cdef char *_data
    cdef Py_ssize_t _start, _end
    # `_taken`: the call under way has taken bytes that it would lose if it failed now.
    cdef bint _busy, _failed, _taken
    cdef readonly bint heard
    cdef readonly Py_ssize_t leftover
    cdef readonly object starved
    cdef object __weakref__

    def __init__(self, sock):
        cdef Buffer buffer
        if self._busy:
            raise RuntimeError("a response is being read by another thread")
        recv_into = sock.recv_into
        buffer = _buffer_from_pool()
        if self._sock is not None:  # made once more
            self._close()
        # socket.makefile() does the same: the socket stays open until its last file is closed.
        sock._io_refs += 1
        # Nothing below can fail, so close() finds all of it or nothing.
        self._sock = sock
        self._recv_into = recv_into
        self._buffer = buffer
        self._data = <char *>buffer.memory.buf
        # Winsock does not take it where the socket has a time-out, SSLSocket nowhere.
        self._wait_all = _MSG_WAITALL if type(sock) is _SOCKET else 0
        self._failed = self.heard = False
        self.leftover = 0

    def __del__(self):
        # Where nobody has a close() of their own, without looking for it, which takes memory.
        if type(self) is _OURS:
            self._close()
        else:
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

    def close(self):
        """Give up the socket. Closing twice is allowed."""
        self._close()

    @cython.critical_section
    cdef int _close(self) except -1:
        cdef Buffer buffer = self._buffer
        sock = self._sock
        if sock is None:
            return 0
        self._sock = self._recv_into = self._buffer = self.starved = None
        self.leftover = self._end - self._start
        if self._held is not None:
            self.leftover += len(self._held) - self._held_at
            self._held = None
        if self._failed and not self.leftover:
            self.leftover = 1
        self._data = NULL
        self._start = self._end = 0
        # A buffer into which another thread is receiving just now must not serve anyone else.
        if not self._busy:
            _buffer_to_pool(buffer)
        # What socket._decref_socketios() does, without its frame.
        sock._io_refs -= 1
        if sock._closed:
            sock.close()
        return 0

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

    @cython.critical_section
    def put_back(self, bytes data not None):
        """Let these bytes come next once more; they were read last."""
        self._begin()
        try:
            self._put_back(data)
        finally:
            self._finish()

    @cython.critical_section
    def fail(self):
        """Bytes have been lost by whoever read them: let nothing more be read."""
        self._failed = True
        self._failure = "cannot read after a failed read"

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

    cdef void _finish(self) noexcept:
        """What each call ends with that began with _begin()."""
        self._busy = False
        if self._taken:
            self._taken = False
            if not self._failed:
                self._failed = True
                self._failure = "cannot read after a failed read"

    cdef int _put_back(self, bytes data) except -1:
        if data:
            self._taken = True
            data += self._data[self._start:self._end]
            if self._held is not None:
                data += self._held[self._held_at:]
            self._held = data
            self._held_at = self._start = self._end = 0
        self._taken = False
        return 0

    # ------------------------------------------------------------ receiving

    cdef Py_ssize_t _receive(self, char *to, Py_ssize_t size, int flags=0) except -1:
        """One recv_into() of at most `size` bytes to an address; 0 at the end of the stream."""
        cdef Py_ssize_t n
        view = PyMemoryView_FromMemory(to, size, PyBUF_WRITE)
        try:
            n = self._received(view, size, flags)
            self._taken = self._taken or n > 0
            return n
        finally:
            # A traceback may keep it for longer than there is anything at that address.
            view.release()

    cdef Py_ssize_t _received(self, view, Py_ssize_t size, int flags=0) except -1:
        cdef Py_ssize_t n
        if self._held is not None:
            return self._again(<char *>PyMemoryView_GET_BUFFER(view).buf, size)
        self._failed = True
        self._failure = "cannot read after a failed read"
        recv_into = self._recv_into
        cdef PyObject *got
        if flags == 0:
            got = call_with_view(recv_into, <PyObject *>view, NULL)
        else:
            got = call_with_flags(recv_into, b"Oii", <PyObject *>view, 0, flags)
        if got == NULL:
            return self._receive_failed()
        try:
            n = <object>got
        finally:
            Py_DECREF(<object>got)
        if n < 0 or n > size:
            raise OSError("recv_into() returned an impossible length")
        if self._sock is None:
            raise ValueError("the file was closed while it was read")
        self._failed = False
        self.starved = None
        self.heard = self.heard or n > 0
        return n

    cdef Py_ssize_t _receive_failed(self) except -1:
        """Return 0 where an error, which is raised just now, says only that nothing has come."""
        if PyErr_ExceptionMatches(TimeoutError):
            self._failure = "cannot read from timed out object"  # as socket.SocketIO says it
            return -1
        if not PyErr_ExceptionMatches(OSError):
            return -1
        error = fh_take_error()
        if not _is_only_empty(error) or self._sock is None:
            raise error
        PyException_SetTraceback(error, None)  # whose frames would keep all they hold
        self.starved = error
        self._failed = False
        return 0

    cdef Py_ssize_t _again(self, char *to, Py_ssize_t size) noexcept:
        """Copy up to `size` bytes of what was put back."""
        cdef Py_ssize_t n = min(size, len(self._held) - self._held_at)
        memcpy(to, PyBytes_AS_STRING(self._held) + self._held_at, <size_t>n)
        self._held_at += n
        if self._held_at == len(self._held):
            self._held = None
        self.starved = None
        return n

    cdef Py_ssize_t _fill(self, Py_ssize_t most=BUFFER_SIZE) except -1:
        """Receive into the free part of the buffer, which must not be full; 0 at the end."""
        cdef Py_ssize_t n
        view = self._buffer.view  # keeps the memory while another thread may close us
        if self._start == self._end:
            self._start = self._end = 0
            if most < BUFFER_SIZE:
                view = view[:most]
            n = self._received(view, most)
        else:
            if self._start:
                memmove(self._data, self._data + self._start, self._end - self._start)
                self._end -= self._start
                self._start = 0
            n = self._received(view[self._end:], BUFFER_SIZE - self._end)
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
            self._taken = True
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
            return self._receive(to, n, self._wait_all)
        return self._pour(to, n)
