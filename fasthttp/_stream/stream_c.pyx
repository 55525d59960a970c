# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""What a response reads from: the compiled twin of stream_py.py, which documents it.

The bytes come through the socket object's own recv_into(), so that timeouts, signals, TLS and
gevent work as ever; everything between that call and the result is C. Each SocketFile has a
buffer from a small pool, and gives it back when it is closed.

A SocketFile serves one call at a time. Another thread that calls it meanwhile gets a
RuntimeError instead of a share of the bytes.
"""

import io
import select

cimport cython
from libc.stdint cimport int64_t
from libc.string cimport memchr, memcmp

from .._codec.headers_c cimport Head, head_at

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

cdef extern from "fh_watch.h" nogil:
    enum:
        FH_WATCH_UNKNOWN
    int fh_has_input(int descriptor)

cdef extern from "Python.h":
    Py_ssize_t PyNumber_AsSsize_t(object o, object error) except? -1

cdef enum:
    SIZE_LINE = 64  # room for a chunk's CRLF and any usual size line
    END = 4  # as in stops.py
    DONE = 5

include "output_c.pxi"
include "buffer_c.pxi"


cdef Py_ssize_t _size(n) except? -1:
    """An argument that may be None, with the error of io's own classes for a huge one."""
    return -1 if n is None else PyNumber_AsSsize_t(n, OverflowError)


def has_input(sock):
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


cdef class SocketFile(SocketBuffer):
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

    @cython.critical_section
    def read_head(self, Py_ssize_t max_line, Py_ssize_t max_fields):
        """Read a response head of the plain form; None if it is not, and nothing is consumed.

        Limits are those of `parse_head`. Raises what `socket.recv_into` raises.
        """
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

    @cython.critical_section
    def read_chunks(self, int64_t left, Py_ssize_t limit, Py_ssize_t max_line):
        """Read the content of chunks, at most `limit` bytes (-1: without limit).

        `left` and `max_line` are those of `decode_chunks`. Returns (content, new `left`, length
        of the content at the end of the last chunk that was finished, why it stopped), with END
        where the connection ended, and DONE for LAST where the end of the trailer section has
        been taken too, which is so where it is empty and has come. Raises what `socket.recv_into`
        raises.
        """
        cdef Output out = Output()
        cdef Buffer buffer
        cdef Py_ssize_t whole = 0
        cdef int stop
        self._begin()
        try:
            buffer = self._buffer
            stop = self._decode(out, &left, limit, max_line, &whole, buffer.usual)
            if stop == FH_CHUNKS_LAST:
                buffer.learn(out.filled)
                if self._end - self._start >= 2 and memcmp(self._data + self._start, b"\r\n", 2) == 0:
                    self._start += 2
                    stop = DONE
            result = out.take(), left, whole, stop
            self._taken = False
            return result
        finally:
            self._finish()

    cdef int _decode(self, Output out, int64_t *left, Py_ssize_t limit, Py_ssize_t max_line,
                     Py_ssize_t *whole, Py_ssize_t usual) except -1:
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
            self._make_room(out, at.left, limit, n, usual)
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
            self._taken = self._taken or at.consumed > 0
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


_OURS = SocketFile
io.BufferedIOBase.register(SocketFile)
