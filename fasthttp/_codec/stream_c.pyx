# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False
"""What a response reads from: the compiled twin of stream_py.py, which documents it.

The bytes come through the socket object's own recv_into(), so that timeouts, signals, TLS and
gevent work as ever; everything between that call and the result is C. Each SocketFile has a
buffer from a small pool, and gives it back when it is closed.

A SocketFile serves one call at a time. Another thread that calls it meanwhile gets a
RuntimeError instead of a share of the bytes.
"""

import io

cimport cython
from cpython.buffer cimport PyBUF_WRITABLE, PyBUF_WRITE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from libc.string cimport memchr, memcpy, memmove

from .headers_c cimport Head, head_at

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

cdef extern from "fh_headers.h" nogil:
    enum:
        FH_INCOMPLETE

cdef extern from "fh_memory.h" nogil:
    void fh_expect_large(void *start, size_t size)
    size_t fh_generous_size(size_t in_use, size_t wanted, size_t most)

cdef extern from "Python.h":
    object PyMemoryView_FromMemory(char *memory, Py_ssize_t size, int flags)
    Py_buffer *PyMemoryView_GET_BUFFER(object view)
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *text, Py_ssize_t size) except NULL
    char *bytes_data "PyBytes_AS_STRING"(PyObject *text)
    int _PyBytes_Resize(PyObject **text, Py_ssize_t size) except -1
    void Py_XDECREF(PyObject *o)
    Py_ssize_t PyNumber_AsSsize_t(object o, object error) except? -1

cdef enum:
    BUFFER_SIZE = 65536
    POOL_SIZE = 32
    # From here on bytes are received where they belong, without a copy through the buffer.
    DIRECT_SIZE = 16384
    SIZE_LINE = 64  # room for a chunk's CRLF and any usual size line
    # A body is received into one allocation of its whole length up to here. That is address
    # space, not memory, until bytes arrive. What claims to be longer has to grow into it, so that
    # a false length cannot ask for more than the machine has (CVE-2025-13836).
    TRUSTED_SIZE = 1 << 26
    END = 4  # as in stream_py.py

cdef list _pool = []


cdef object _buffer_from_pool():
    try:
        return _pool.pop()
    except IndexError:
        return memoryview(bytearray(BUFFER_SIZE))


cdef Py_ssize_t _size(n) except? -1:
    """An argument that may be None, with the error of io's own classes for a huge one."""
    return -1 if n is None else PyNumber_AsSsize_t(n, OverflowError)


cdef class Output:
    """A bytes object in the making: grows geometrically, and is cut to size at the end."""

    cdef PyObject *text
    cdef Py_ssize_t size, filled

    def __dealloc__(self):
        Py_XDECREF(self.text)

    cdef int reserve(self, Py_ssize_t size) except -1:
        """Make room for `size` bytes in all."""
        if self.text == NULL:
            self.text = new_bytes(NULL, size)
        elif size > self.size:
            _PyBytes_Resize(&self.text, size)
        else:
            return 0
        self.size = size
        fh_expect_large(bytes_data(self.text), <size_t>size)
        return 0

    cdef int grow(self, Py_ssize_t wanted) except -1:
        """Make room for at least `wanted` bytes in all, where the total is not known."""
        cdef PyObject *larger
        cdef Py_ssize_t size = <Py_ssize_t>fh_generous_size(
            <size_t>self.size, <size_t>wanted, TRUSTED_SIZE)
        if size > 2 * wanted:
            # Into new memory and not by a resize, which would lose everything if it failed: where
            # the address space is limited, no more is taken than is needed.
            try:
                larger = new_bytes(NULL, size)
            except MemoryError:
                size = wanted
            else:
                fh_expect_large(bytes_data(larger), <size_t>size)
                memcpy(bytes_data(larger), bytes_data(self.text), <size_t>self.filled)
                Py_XDECREF(self.text)
                self.text = larger
                self.size = size
                return 0
        return self.reserve(size)

    cdef char *end(self) noexcept:
        return bytes_data(self.text) + self.filled

    cdef bytes take(self):
        if self.text == NULL:
            return b""
        if self.filled != self.size:
            self.size = self.filled
            _PyBytes_Resize(&self.text, self.filled)
        result = <bytes>self.text
        Py_XDECREF(self.text)
        self.text = NULL
        return result


cdef class Raw:
    """What `SocketFile.raw` is: botocore and docker reach for `fp.raw._sock`."""

    cdef readonly object _sock

    def __init__(self, sock):
        self._sock = sock

    def fileno(self):
        return self._sock.fileno()


cdef class SocketFile:
    """A buffered reader over a blocking socket, for one response.

    `leftover` is, once it is closed, the number of bytes that were received and not read; more
    than 0 where that cannot be told because a read failed.
    """

    cdef object _sock, _recv_into, _view
    cdef str _failure
    cdef char *_data
    cdef Py_ssize_t _start, _end
    cdef bint _busy, _failed
    cdef readonly Py_ssize_t leftover
    cdef object __weakref__

    def __init__(self, sock):
        self._recv_into = sock.recv_into
        # socket.makefile() does the same: the socket stays open until its last file is closed.
        sock._io_refs += 1
        self._sock = sock
        self._view = _buffer_from_pool()
        self._data = <char *>PyMemoryView_GET_BUFFER(self._view).buf

    def __del__(self):
        self.close()

    # ---------------------------------------------------------------- state

    @property
    def closed(self):
        return self._sock is None

    @property
    def raw(self):
        return Raw(self._open_socket())

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
            _pool.append(self._view)
        self._view = None
        self._data = NULL
        self._start = self._end = 0
        sock._decref_socketios()

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

    cdef object _open_socket(self):
        if self._sock is None:
            raise ValueError("I/O operation on closed file.")
        return self._sock

    cdef int _begin(self) except -1:
        if self._busy:
            raise RuntimeError("a response is being read by another thread")
        self._open_socket()
        if self._failed:
            # Bytes may have been lost with the failure: nothing after it can be in step.
            raise OSError(self._failure)
        self._busy = True
        return 0

    # ------------------------------------------------------------ receiving

    cdef Py_ssize_t _receive(self, char *to, Py_ssize_t size) except -1:
        """One recv_into() of at most `size` bytes; 0 at the end of the stream."""
        return self._received(PyMemoryView_FromMemory(to, size, PyBUF_WRITE), size)

    cdef Py_ssize_t _received(self, view, Py_ssize_t size) except -1:
        cdef Py_ssize_t n
        self._failed = True
        self._failure = "cannot read after a failed read"
        try:
            n = self._recv_into(view)
        except TimeoutError:
            self._failure = "cannot read from timed out object"  # as socket.SocketIO says it
            raise
        if n < 0 or n > size:
            raise OSError("recv_into() returned an impossible length")
        if self._sock is None:
            raise ValueError("the file was closed while it was read")
        self._failed = False
        return n

    cdef Py_ssize_t _fill(self, Py_ssize_t most=BUFFER_SIZE) except -1:
        """Receive into the free part of the buffer, which must not be full; 0 at the end."""
        cdef Py_ssize_t n
        if most < BUFFER_SIZE and self._start == self._end:
            self._start = self._end = 0
            n = self._receive(self._data, most)
            self._end = n
            return n
        view = self._view  # keeps the memory while another thread may close us
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
            if self._fill() == 0:
                return 0
        return self._move(to, n)

    # -------------------------------------------------------------- reading

    @cython.critical_section
    def read(self, n=-1):
        """Up to `n` bytes; fewer only at the end of the stream. None or -1: all there are."""
        cdef Py_ssize_t wanted = _size(n)
        if wanted < -1:
            raise ValueError("read length must be non-negative or -1")
        self._begin()
        try:
            if 0 <= wanted <= self._end - self._start:
                return self._take(wanted)
            return self._read_all() if wanted < 0 else self._read(wanted)
        finally:
            self._busy = False

    cdef bytes _read(self, Py_ssize_t wanted):
        cdef Output out = Output()
        cdef Py_ssize_t n
        out.reserve(wanted if wanted < TRUSTED_SIZE else TRUSTED_SIZE)
        while out.filled < wanted:
            if out.filled == out.size:
                out.reserve(min(wanted, 2 * out.size))
            n = self._pour(out.end(), out.size - out.filled)
            if n == 0:
                break
            out.filled += n
        return out.take()

    cdef bytes _read_all(self):
        cdef Output out = Output()
        cdef Py_ssize_t n
        out.reserve(BUFFER_SIZE)
        while True:
            if out.filled == out.size:
                out.grow(2 * out.size)
            n = self._pour(out.end(), out.size - out.filled)
            if n == 0:
                return out.take()
            out.filled += n

    @cython.critical_section
    def read1(self, n=-1):
        """Up to `n` bytes with at most one recv_into(), and with none if any are buffered."""
        cdef Py_ssize_t wanted = -1 if n is None else n
        cdef Output out
        if wanted < 0:
            wanted = BUFFER_SIZE
        self._begin()
        try:
            if self._start == self._end and wanted:
                if wanted >= DIRECT_SIZE:
                    out = Output()
                    out.reserve(wanted if wanted < TRUSTED_SIZE else TRUSTED_SIZE)
                    out.filled = self._receive(out.end(), out.size)
                    return out.take()
                self._fill()
            return self._take(min(wanted, self._end - self._start))
        finally:
            self._busy = False

    def readinto(self, b):
        """Fill `b`; the number of bytes, fewer than its length only at the end of the stream."""
        return self._readinto(b, False)

    def readinto1(self, b):
        """Bytes into `b` with at most one recv_into(); how many."""
        return self._readinto(b, True)

    @cython.critical_section
    def _readinto(self, b, bint once):
        cdef Py_buffer view
        cdef Py_ssize_t n, done = 0
        self._begin()
        try:
            try:
                PyObject_GetBuffer(b, &view, PyBUF_WRITABLE)
            except BufferError:
                raise TypeError(
                    "readinto() argument must be read-write bytes-like object, "
                    f"not {type(b).__name__}"
                ) from None
            try:
                while done < view.len:
                    n = self._pour(<char *>view.buf + done, view.len - done)
                    done += n
                    if n == 0 or once:
                        break
                return done
            finally:
                PyBuffer_Release(&view)
        finally:
            self._busy = False

    @cython.critical_section
    def peek(self, Py_ssize_t n=0):
        """What is buffered, without consuming it; one recv_into() if nothing is."""
        self._begin()
        try:
            if self._start == self._end:
                self._fill()
            return PyBytes_FromStringAndSize(self._data + self._start, self._end - self._start)
        finally:
            self._busy = False

    @cython.critical_section
    def readline(self, limit=-1):
        """Up to and with the next LF, at most `limit` bytes; fewer only at the end."""
        cdef Py_ssize_t room = _size(limit)
        cdef Py_ssize_t n
        cdef char *found
        cdef list parts = None
        self._begin()
        try:
            while True:
                n = self._end - self._start
                if 0 <= room < n:
                    n = room
                found = NULL
                if n:
                    found = <char *>memchr(self._data + self._start, c"\n", n)
                    if found != NULL:
                        n = found + 1 - (self._data + self._start)
                    if parts is None and (found != NULL or n == room):
                        return self._take(n)
                if parts is None:
                    parts = []
                parts.append(self._take(n))
                if room >= 0:
                    room -= n
                if found != NULL or room == 0 or self._fill() == 0:
                    return b"".join(parts)
        finally:
            self._busy = False

    def readlines(self, hint=None):
        """All lines that are left; stops behind the one that passes `hint` bytes."""
        lines = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint < total:
                break
        return lines

    def __iter__(self):
        self._open_socket()
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    # --------------------------------------------------- pieces of a message

    @cython.critical_section
    def read_head(self, Py_ssize_t max_line, Py_ssize_t max_fields):
        """Read a response head of the plain form; None if it is not, and nothing is consumed.

        Limits are those of `parse_head`. Raises what `socket.recv_into` raises.
        """
        cdef Py_ssize_t used = 0, seen
        cdef Head head
        self._begin()
        try:
            if self._start == self._end and self._fill() == 0:
                return None
            head = head_at(self._data + self._start, self._end - self._start, max_line,
                           max_fields, &used)
            while used == FH_INCOMPLETE:
                seen = self._end - self._start
                # There may be a line that is too long already, or the end: the line reader, which
                # blocks where http.client does, finds out.
                if seen > max_line or seen == BUFFER_SIZE or self._fill() == 0:
                    return None
                # Again as soon as there is one more line, because one that is wrong is an error
                # now, and not when the head ends. The number of lines is limited, so the time is.
                if memchr(self._data + self._start + seen, c"\n",
                          <size_t>(self._end - self._start - seen)) != NULL:
                    head = head_at(self._data + self._start, self._end - self._start, max_line,
                                   max_fields, &used)
            if used < 0:
                return None
            self._start += used
            return head
        finally:
            self._busy = False

    @cython.critical_section
    def read_chunks(self, int64_t left, Py_ssize_t limit, Py_ssize_t max_line):
        """Read the content of chunks, at most `limit` bytes (-1: without limit).

        `left` and `max_line` are those of `decode_chunks`. Returns (content, new `left`, length
        of the content at the end of the last chunk that was finished, why it stopped), with END
        where the connection ended. Raises what `socket.recv_into` raises.
        """
        cdef Output out = Output()
        cdef Py_ssize_t whole = 0
        cdef int stop
        self._begin()
        try:
            stop = self._decode(out, &left, limit, max_line, &whole)
            return out.take(), left, whole, stop
        finally:
            self._busy = False

    cdef int _decode(self, Output out, int64_t *left, Py_ssize_t limit, Py_ssize_t max_line,
                     Py_ssize_t *whole) except -1:
        cdef fh_chunks at
        cdef fh_chunks_stop stop
        cdef Py_ssize_t n, room
        cdef int64_t direct
        cdef bint large = False
        at.left = left[0]
        while True:
            n = self._end - self._start
            direct = at.left
            if limit >= 0:
                direct = min(direct, <int64_t>(limit - out.filled))
            if n == 0 and direct < DIRECT_SIZE:
                # Behind a large chunk comes another: take no more than its size line, so that its
                # content is received where it belongs.
                n = self._fill(SIZE_LINE if large else BUFFER_SIZE)
                large = False
                if n == 0:
                    stop = <fh_chunks_stop>END
                    break
            if limit < 0 and n and out.text != NULL and out.filled == out.size \
                    and self._at_last_chunk(&at, n, max_line):
                stop = FH_CHUNKS_LAST
                break
            self._make_room(out, at.left, limit, n)
            room = out.size - out.filled
            if n == 0:
                n = self._receive(out.end(), <Py_ssize_t>min(direct, <int64_t>room))
                if n == 0:
                    stop = <fh_chunks_stop>END
                    break
                out.filled += n
                at.left -= n
                if at.left == 0:
                    whole[0] = out.filled
                    large = True
                if out.filled == limit:
                    stop = FH_CHUNKS_FULL
                    break
                continue
            stop = fh_decode_chunks(&at, self._data + self._start, <size_t>n, out.end(),
                                    <size_t>room, <size_t>max_line if max_line > 0 else 0)
            self._start += <Py_ssize_t>at.consumed
            if at.whole:
                whole[0] = out.filled + <Py_ssize_t>at.whole
            out.filled += <Py_ssize_t>at.produced
            if stop == FH_CHUNKS_FULL and out.filled != limit:
                continue
            if stop != FH_CHUNKS_MORE:
                break
            if self._start != self._end:  # a size line that is there only in part
                if self._end - self._start == BUFFER_SIZE:
                    stop = FH_CHUNKS_ODD
                    break
                if self._fill() == 0:
                    stop = <fh_chunks_stop>END
                    break
        left[0] = at.left
        return <int>stop

    cdef bint _at_last_chunk(self, fh_chunks *at, Py_ssize_t n, Py_ssize_t max_line) noexcept:
        """Whether nothing but the last chunk comes next, which then is consumed: a result that is
        full need not grow for it.
        """
        cdef fh_chunks ahead = at[0]
        cdef char nothing[1]
        if fh_decode_chunks(&ahead, self._data + self._start, <size_t>n, nothing, 1,
                            <size_t>max_line if max_line > 0 else 0) != FH_CHUNKS_LAST \
                or ahead.produced:
            return False
        at[0] = ahead
        self._start += <Py_ssize_t>ahead.consumed
        return True

    cdef int _make_room(self, Output out, int64_t left, Py_ssize_t limit,
                        Py_ssize_t buffered) except -1:
        """Room for what is buffered, or for the rest of the chunk; doubling each time."""
        cdef Py_ssize_t size
        if out.text != NULL and out.filled < out.size:
            return 0
        size = out.filled + buffered
        if left > buffered:
            size = out.filled + <Py_ssize_t>min(left, <int64_t>TRUSTED_SIZE)
        if limit >= 0:
            out.reserve(min(limit, max(size, 2 * out.size)))
        elif out.size:
            out.grow(size)
        else:
            out.reserve(size)
        return 0


io.BufferedIOBase.register(SocketFile)
