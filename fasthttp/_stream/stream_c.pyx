# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""What a response reads from: the compiled twin of stream_py.py, which documents it.

The bytes come through the socket object's own recv_into(), so that timeouts, TLS and gevent work as
ever, or from the descriptor of a socket for which that does no more; everything between that call
and the result is C. Each SocketFile has a buffer from a small pool, and gives it back when it is
closed.

A SocketFile serves one call at a time. Another thread that calls it meanwhile gets a
RuntimeError instead of a share of the bytes.
"""

import _socket
import io
import os
import select
import socket
import sys
from types import MemberDescriptorType

cimport cython
from cpython.buffer cimport PyBUF_WRITABLE, PyBUF_WRITE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.errno cimport EAGAIN
from libc.stdint cimport int64_t
from libc.string cimport memchr, memcmp, memcpy, memmove

from .._codec.fh_chunks cimport *
from .._codec.fh_headers cimport FH_INCOMPLETE
from .._codec.headers_c cimport Head, head_at
from .._codec.sizes cimport BUFFER_SIZE, TRUSTED_SIZE
from .descriptor cimport HAS_DESCRIPTORS, INTERRUPTED, NOT_YET, failed, receive_at
from .memory_c cimport Buffer, Output, buffer_from_pool, buffer_to_pool
from .slots cimport absent, PyMemberDef, set_slot, slot_of, value_in

from .._codec import stops

cdef extern from "fh_watch.h" nogil:
    enum:
        FH_WATCH_UNKNOWN
    int fh_has_input(int descriptor)

cdef extern from "Python.h":
    object PyMemoryView_FromMemory(char *memory, Py_ssize_t size, int flags)
    Py_buffer *PyMemoryView_GET_BUFFER(object view)
    # Without an "except" of Cython, which crashes where there is no memory for a traceback.
    PyObject *call_with_view "PyObject_CallOneArg"(object function, object view)
    object call_with "PyObject_CallOneArg"(object function, object given)
    PyObject *call_with_flags "PyObject_CallFunction"(object function, const char *format,
                                                      void *view, int size, int flags)
    PyObject *call_with_both "PyObject_CallFunction"(object function, const char *format,
                                                     Py_ssize_t size, void *view)
    int PyErr_CheckSignals() except -1
    void PyErr_SetObject(object kind, object error)
    int PyErr_ExceptionMatches(object kind)
    Py_ssize_t PyNumber_AsSsize_t(object o, object error) except? -1

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
    # From here on bytes are received where they belong, without a copy through the buffer; and for
    # less, no more than this is received ahead, because what comes next belongs elsewhere too.
    DIRECT_SIZE = 16384
    # So much is worth waiting for in the kernel: one call, and the thread is woken once.
    WHOLE_SIZE = 1 << 18
    SIZE_LINE = 64  # room for a chunk's CRLF and any usual size line

cdef int END = stops.END
cdef int DONE = stops.DONE
cdef int _MSG_WAITALL = socket.MSG_WAITALL if os.name == "posix" else 0
cdef object _SOCKET = socket.socket
# A method of C, called without being looked up and bound, takes a third of the time.
cdef object _FILENO = _socket.socket.fileno
cdef object _GET_TIMEOUT = _socket.socket.gettimeout

# Where sockets count their files; NULL under gevent, whose class has them elsewhere.
cdef PyMemberDef *_IO_REFS = NULL
cdef PyMemberDef *_CLOSED = NULL
if type(vars(_SOCKET).get("_io_refs")) is type(vars(_SOCKET).get("_closed")) is MemberDescriptorType:
    _IO_REFS = slot_of(vars(_SOCKET)["_io_refs"])
    _CLOSED = slot_of(vars(_SOCKET)["_closed"])


cdef object _of_socket(sock, PyMemberDef *slot, str name):
    if slot != NULL and isinstance(sock, _SOCKET):
        value = value_in(sock, slot)
        if value is not absent():
            return value
    return getattr(sock, name)


cdef int count_file(sock, int more) except -1:
    """Count one file more of a socket, or one less."""
    count = _of_socket(sock, _IO_REFS, "_io_refs") + more
    if _IO_REFS != NULL and isinstance(sock, _SOCKET):
        return set_slot(sock, _IO_REFS, count)
    sock._io_refs = count
    return 0


cdef int release_file(sock) except -1:
    """What socket._decref_socketios() does, without its frame."""
    count_file(sock, -1)
    if _of_socket(sock, _CLOSED, "_closed"):
        sock.close()
    return 0


cdef Py_ssize_t _size(n) except? -1:
    """An argument that may be None, with the error of io's own classes for a huge one."""
    return -1 if n is None else PyNumber_AsSsize_t(n, OverflowError)


cdef int descriptor_of(sock) except -2:
    return <int><long long>call_with(_FILENO, sock)


cdef bint may_go_by_descriptor(sock) except -1:
    return HAS_DESCRIPTORS and call_with(_GET_TIMEOUT, sock) is None


cdef bint has_input_itself(sock) except -1:
    cdef int descriptor = descriptor_of(sock)
    cdef int found = fh_has_input(descriptor) if descriptor >= 0 else 0
    return has_input(sock) if found == FH_WATCH_UNKNOWN else found > 0


cpdef has_input(sock):
    """Whether there is something to receive, the end of the stream or an error; without waiting."""
    descriptor = sock.fileno()
    if descriptor < 0:
        return False
    # On Windows a descriptor may be more than an int takes, and is of no use to C. The GIL is
    # kept, since the call does not wait.
    cdef int found = fh_has_input(<int><long long>descriptor)
    if found == FH_WATCH_UNKNOWN:
        return bool(select.select([sock], [], [], 0)[0])
    return found > 0


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


cdef class SocketFile:
    """A buffered reader over a blocking socket, for one response.

    `leftover` is, once it is closed, the number of bytes that were received and not read; more
    than 0 where that cannot be told because a read failed. `heard` is whether anything has been
    received, `failed` whether a read has failed, so that nothing more can be read.

    Where the socket has been made non-blocking and nothing has come, nothing fails and nothing is
    lost. `starved` is then the error that the socket raised; None where the last receive was
    another. `readline` and `read_head` raise it, and have consumed nothing. `read`, `readinto`,
    `read1`, `peek` and `read_chunks` return what there is; where that is nothing, what io's own
    classes return: None, None, b"", b"", and what they return at the end.
    """

    def __init__(self, sock):
        self.open_for(sock)

    cdef int open_for(self, sock, bint goes_by_descriptor=False) except -1:
        cdef Buffer buffer
        if self._busy:
            raise RuntimeError("a response is being read by another thread")
        recv_into = None if goes_by_descriptor else sock.recv_into
        buffer = buffer_from_pool()
        if self._sock is not None:  # made once more
            self.close_file()
        # socket.makefile() does the same: the socket stays open until its last file is closed.
        count_file(sock, 1)
        # Nothing below can fail, so close() finds all of it or nothing.
        self._sock = sock
        self._recv_into = recv_into
        self._goes_by_descriptor = goes_by_descriptor
        self._buffer = buffer
        self._data = <char *>buffer.memory.buf
        # Winsock does not take it where the socket has a time-out, SSLSocket nowhere.
        self._wait_all = _MSG_WAITALL if type(sock) is _SOCKET else 0
        self._failed = self.heard = False
        self.leftover = 0
        return 0

    cdef int receive_by_tls(self) except -1:
        """Receive by what a socket of exactly ssl.SSLSocket works on. Its recv_into() does that in
        two frames, for which a small answer has to wait as long as for being decrypted.
        """
        tls = self._sock._sslobj
        if tls is not None:
            self._tls_end = sys.modules["ssl"].SSLEOFError
            self._tls_read = tls.read
            self._tls = tls
        return 0

    def __del__(self):
        # Where nobody has a close() of their own, without looking for it, which takes memory.
        if type(self) is SocketFile:
            self.close_file()
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
        self.close_file()

    @cython.critical_section
    cdef int close_file(self) except -1:
        cdef Buffer buffer = self._buffer
        sock = self._sock
        if sock is None:
            return 0
        self._sock = self._recv_into = self._buffer = self.starved = None
        self._tls = self._tls_read = None
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
            buffer_to_pool(buffer)
        return release_file(sock)

    @cython.critical_section
    def receive_by(self, recv_into):
        """Call this from now on to receive, in the place of the socket's own recv_into()."""
        self._check_open()
        self._recv_into = recv_into
        self._goes_by_descriptor = False
        self._tls = self._tls_read = None

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

    # -------------------------------------------------------------- reading

    def read(self, n=-1):
        """Up to `n` bytes; fewer only at the end of the stream. None or -1: all there are."""
        return self.take_bytes(_size(n))

    @cython.critical_section
    cdef object take_bytes(self, Py_ssize_t wanted):
        if wanted < -1:
            raise ValueError("read length must be non-negative or -1")
        self._begin()
        try:
            if 0 <= wanted <= self._end - self._start:
                return self._take(wanted)
            data = self._read_all() if wanted < 0 else self._read(wanted)
            self._taken = False
            return None if not data and self.starved is not None else data
        finally:
            self._finish()

    cdef bytes _read(self, Py_ssize_t wanted):
        cdef Output out = Output()
        cdef Py_ssize_t n
        out.reserve(wanted if wanted < TRUSTED_SIZE else TRUSTED_SIZE)
        while out.filled < wanted:
            if out.filled == out.size:
                out.reserve(min(wanted, 2 * out.size))
            n = self._pour_whole(out.end(), out.size - out.filled)
            if n == 0:
                break
            out.filled += n
        return out.take()

    cdef bytes _read_all(self):
        cdef Output out = Output()
        cdef Buffer buffer = self._buffer
        cdef Py_ssize_t n
        out.reserve(BUFFER_SIZE)
        while True:
            if out.filled == out.size:
                out.grow(2 * out.size, buffer.usual)
            n = self._pour(out.end(), out.size - out.filled)
            if n == 0:
                if self.starved is None:
                    buffer.learn(out.filled)
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
                    data = out.take()
                    self._taken = False
                    return data
                self._fill()
            return self._take(min(wanted, self._end - self._start))
        finally:
            self._finish()

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
                    if once:
                        n = self._pour(<char *>view.buf, view.len)
                    else:
                        n = self._pour_whole(<char *>view.buf + done, view.len - done)
                    done += n
                    if n == 0 or once:
                        break
                result = None if done == 0 < view.len and self.starved is not None else done
                self._taken = False
                return result
            finally:
                PyBuffer_Release(&view)
        finally:
            self._finish()

    @cython.critical_section
    def peek(self, Py_ssize_t n=0):
        """What is buffered, without consuming it; one recv_into() if nothing is."""
        self._begin()
        try:
            if self._start == self._end:
                self._fill()
            return PyBytes_FromStringAndSize(self._data + self._start, self._end - self._start)
        finally:
            self._finish()

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
                part = self._take(n)
                self._taken = self._taken or n > 0
                parts.append(part)
                if room >= 0:
                    room -= n
                if found != NULL or room == 0 or self._fill() == 0:
                    line = b"".join(parts)
                    if found == NULL and room and self.starved is not None:
                        self._put_back(line)
                        raise self.starved
                    self._taken = False
                    return line
        finally:
            self._finish()

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

    def read_head(self, Py_ssize_t max_line, Py_ssize_t max_fields):
        """Read a response head of the plain form; None if it is not, and nothing is consumed.

        Limits are those of `parse_head`. Raises what `socket.recv_into` raises.
        """
        return self.take_head(max_line, max_fields)

    @cython.critical_section
    cdef Head take_head(self, Py_ssize_t max_line, Py_ssize_t max_fields):
        cdef Py_ssize_t used = 0, seen
        cdef Head head
        self._begin()
        try:
            self.starved = None
            if self._start == self._end and self._fill() == 0:
                return self._no_head()
            head = head_at(self._data + self._start, self._end - self._start, max_line,
                           max_fields, &used)
            while used == FH_INCOMPLETE:
                seen = self._end - self._start
                # There may be a line that is too long already, or the end: the line reader, which
                # blocks where http.client does, finds out.
                if seen > max_line or seen == BUFFER_SIZE or self._fill() == 0:
                    return self._no_head()
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
            self._finish()

    cdef Head _no_head(self):
        if self.starved is not None:
            raise self.starved
        return None

    def read_chunks(self, int64_t left, Py_ssize_t limit, Py_ssize_t max_line):
        """Read the content of chunks, at most `limit` bytes (-1: without limit).

        `left` and `max_line` are those of `decode_chunks`. Returns (content, new `left`, length
        of the content at the end of the last chunk that was finished, why it stopped), with END
        where the connection ended, and DONE for LAST where the end of the trailer section has
        been taken too, which is so where it is empty and has come. Raises what `socket.recv_into`
        raises.
        """
        cdef Py_ssize_t whole = 0
        cdef int stop
        content = self.take_chunks(&left, limit, max_line, &whole, &stop)
        return content, left, whole, stop

    @cython.critical_section
    cdef bytes take_chunks(self, int64_t *left, Py_ssize_t limit, Py_ssize_t max_line,
                           Py_ssize_t *whole, int *stop):
        cdef Output out = Output()
        cdef Buffer buffer
        cdef bytes content
        self._begin()
        try:
            buffer = self._buffer
            stop[0] = self._decode(out, left, limit, max_line, whole, buffer.usual)
            if stop[0] == FH_CHUNKS_LAST:
                buffer.learn(out.filled)
                if self._end - self._start >= 2 and memcmp(self._data + self._start, b"\r\n", 2) == 0:
                    self._start += 2
                    stop[0] = DONE
            content = out.take()
            self._taken = False
            return content
        finally:
            self._finish()

    cdef int _decode(self, Output out, int64_t *left, Py_ssize_t limit, Py_ssize_t max_line,
                     Py_ssize_t *whole, Py_ssize_t usual) except -1:
        cdef fh_chunks at
        cdef fh_chunks_stop stop
        cdef Py_ssize_t n, framing = 0
        cdef bint large = False  # whether the last chunk has been received where it belongs
        at.left = left[0]
        while True:
            n = self._end - self._start
            if n == 0 and not self._is_large(out, at.left, limit, whole[0]):
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
            self._make_room(out, at.left, limit, n, usual)
            if n == 0:
                if self._receive_content(out, &at.left, framing) == 0:
                    stop = <fh_chunks_stop>END
                    break
                if at.left == 0:
                    whole[0] = out.filled
                    large = True
                if out.filled == limit:
                    stop = FH_CHUNKS_FULL
                    break
                continue
            stop = self._decode_buffered(out, &at, n, max_line, whole, &framing)
            if stop == FH_CHUNKS_FULL and out.filled != limit:
                continue
            if stop != FH_CHUNKS_MORE:
                break
            if self._start != self._end:  # a size line that is there only in part
                if self._end - self._start == BUFFER_SIZE:
                    stop = FH_CHUNKS_ODD
                    break
                if self._fill(SIZE_LINE if large else BUFFER_SIZE) == 0:
                    stop = <fh_chunks_stop>END
                    break
        left[0] = at.left
        return <int>stop

    cdef fh_chunks_stop _decode_buffered(self, Output out, fh_chunks *at, Py_ssize_t n,
                                         Py_ssize_t max_line, Py_ssize_t *whole,
                                         Py_ssize_t *framing) noexcept:
        """Decode what is buffered, as much of it as there is room for. `framing` becomes the
        length of what stood between two chunks, if anything did.
        """
        cdef fh_chunks_stop stop
        stop = fh_decode_chunks(at, self._data + self._start, <size_t>n, out.end(),
                                <size_t>(out.size - out.filled),
                                <size_t>max_line if max_line > 0 else 0)
        self._start += <Py_ssize_t>at.consumed
        self._taken = self._taken or at.consumed > 0
        if at.whole:
            whole[0] = out.filled + <Py_ssize_t>at.whole
        out.filled += <Py_ssize_t>at.produced
        if at.consumed > at.produced:
            framing[0] = <Py_ssize_t>(at.consumed - at.produced)
        return stop

    cdef bint _is_large(self, Output out, int64_t left, Py_ssize_t limit,
                        Py_ssize_t whole) noexcept:
        """Whether what is left of a chunk is received where it belongs. The end of a large chunk
        is, too: else what follows it would come through the buffer, and all others after it.
        """
        if limit >= 0 and limit - out.filled < DIRECT_SIZE:
            return False
        return left > 0 and left + (out.filled - whole) >= DIRECT_SIZE

    cdef Py_ssize_t _receive_content(self, Output out, int64_t *left,
                                     Py_ssize_t framing) except -1:
        """Receive what is left of a chunk behind the content that there is, and in the same call
        what comes between two chunks, `framing` bytes, which are moved to the buffer: the content
        of the next chunk takes their place.
        """
        cdef Py_ssize_t room = out.size - out.filled
        cdef Py_ssize_t wanted = <Py_ssize_t>min(left[0], <int64_t>room)
        cdef Py_ssize_t n, over
        if wanted >= WHOLE_SIZE and self._wait_all:
            n = self._receive(out.end(), wanted, self._wait_all)
        else:
            n = self._receive(out.end(), min(room, wanted + min(framing, SIZE_LINE)))
        over = max(n - wanted, 0)
        out.filled += n - over
        left[0] -= n - over
        if over:
            self._check_open()  # another thread may have come in between, without a GIL
            memcpy(self._data, out.end(), <size_t>over)
            self._start, self._end = 0, over
        return n

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
        self._taken = True
        return True

    cdef int _make_room(self, Output out, int64_t left, Py_ssize_t limit,
                        Py_ssize_t buffered, Py_ssize_t usual) except -1:
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
            out.grow(size, usual)
        else:
            out.reserve(size)
        return 0

    # ------------------------------------------------------------ receiving

    cdef Py_ssize_t _receive(self, char *to, Py_ssize_t size, int flags=0) except -1:
        """One recv_into() of at most `size` bytes to an address; 0 at the end of the stream."""
        cdef Py_ssize_t n
        view = None if self._is_direct() else PyMemoryView_FromMemory(to, size, PyBUF_WRITE)
        try:
            n = self._received(view, to, size, flags)
            self._taken = self._taken or n > 0
            return n
        finally:
            # A traceback may keep it for longer than there is anything at that address.
            if view is not None:
                view.release()

    cdef bint _is_direct(self) except -1:
        """Whether the next receive needs nothing of the socket's but its descriptor."""
        if not self._goes_by_descriptor:
            return False
        if may_go_by_descriptor(self._sock):
            return True
        # Somebody has set a time-out. Another who does away with it finds this as it is.
        self._recv_into, self._goes_by_descriptor = self._sock.recv_into, False
        return False

    cdef Py_ssize_t _received(self, view, char *to, Py_ssize_t size, int flags=0) except -1:
        """Receive into memory, or into a view of it if there is one."""
        cdef Py_ssize_t n
        cdef PyObject *got
        cdef bint is_tls = self._tls is not None and self._sock._sslobj is self._tls
        if self._held is not None:
            return self._again(to, size)
        self._failed = True
        self._failure = "cannot read after a failed read"
        if view is None:
            n = receive_at(descriptor_of(self._sock), to, size, flags)
            if n == INTERRUPTED or n == NOT_YET:
                return self._received_late(n, to, size, flags)
            if n < 0:
                return self._receive_failed()
        else:
            got = self._called(view, size, flags, is_tls)
            if got == NULL:
                if self._tls is None or not self._has_ended_raggedly():
                    return self._receive_failed()
                n = 0
            else:
                try:
                    n = <object>got
                finally:
                    Py_DECREF(<object>got)
        if n < 0 or n > size:
            raise OSError("recv_into() returned an impossible length")
        if self._sock is None:
            raise ValueError("the file was closed while it was read")
        if flags and n < size:
            # A signal ends such a call early. Its handler has to run now: the next call would wait
            # for the rest, as if there had been none.
            PyErr_CheckSignals()
        self._failed = False
        self.starved = None
        self.heard = self.heard or n > 0
        return n

    cdef Py_ssize_t _received_late(self, Py_ssize_t why, char *to, Py_ssize_t size,
                                   int flags) except -1:
        """Behind a signal, or a time-out that another thread has set: by the socket's own method."""
        PyErr_CheckSignals()
        if self._sock is None:
            raise ValueError("the file was closed while it was read")
        if why == NOT_YET and may_go_by_descriptor(self._sock):
            failed(EAGAIN)  # SO_RCVTIMEO, which is no time-out of Python's
            return self._receive_failed()
        self._recv_into, self._goes_by_descriptor = self._sock.recv_into, False
        view = PyMemoryView_FromMemory(to, size, PyBUF_WRITE)
        try:
            return self._received(view, to, size, flags)
        finally:
            view.release()

    cdef PyObject *_called(self, view, Py_ssize_t size, int flags, bint is_tls) noexcept:
        """What a method of the socket's returns; NULL, with its error, where it raises."""
        # Which another thread may put another in the place of, while this one runs.
        recv_into, tls_read = self._recv_into, self._tls_read
        if is_tls:
            return call_with_both(tls_read, b"nO", size, <PyObject *>view)
        if flags == 0:
            return call_with_view(recv_into, view)
        return call_with_flags(recv_into, b"Oii", <PyObject *>view, 0, flags)

    cdef bint _has_ended_raggedly(self) except -1:
        """Whether an error, which is raised just now, is an end without a word that ssl's sockets
        are to take for an end. Then it is dropped.
        """
        if not PyErr_ExceptionMatches(self._tls_end):
            return False
        error = fh_take_error()
        if self._sock is not None and self._sock.suppress_ragged_eofs:
            return True
        PyErr_SetObject(type(error), error)
        return False

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
        cdef Buffer buffer = self._buffer  # keeps the memory while another thread may close us
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start:
            memmove(self._data, self._data + self._start, self._end - self._start)
            self._end -= self._start
            self._start = 0
        most = min(most, BUFFER_SIZE - self._end)
        if self._is_direct():
            view = None
        else:
            view = buffer.view if most == BUFFER_SIZE else buffer.view[self._end:self._end + most]
        n = self._received(view, self._data + self._end, most)
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


io.BufferedIOBase.register(SocketFile)
