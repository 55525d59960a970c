"""What a response reads from, in pure Python: the twin of stream_c.pyx, and its contract.

Strategy: a `SocketFile` stands where `http.client` has `sock.makefile("rb")`, one for each
response, and answers all that such a file answers. It can also hand whole pieces of what has
arrived to the codec: a head, or a run of chunks. What it has received and nobody has read when
it is closed belongs to no response (`leftover`), and is never given to the next one.
"""

from __future__ import annotations

import io
import select
import socket
import sys
from _thread import get_ident

from .._codec import chunks_py, headers_py
from .._codec.sizes import TRUSTED_SIZE
from .._codec.stops import DONE, END, FULL, LAST, MORE, ODD

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# What socket.makefile() takes in most versions; later ones take 128 KiB, all of which each peek()
# would copy.
_BUFFER_SIZE = 8192

_FAILED = "cannot read after a failed read"
_readline = io.BufferedReader.readline
#: Takes up what nobody will read, where there may be no memory for it.
_SCRAP = bytearray(_BUFFER_SIZE)


def _is_only_empty(error: Exception) -> bool:
    """Whether a receive failed because nothing had come on a socket that does not wait. Nothing is
    lost by that.
    """
    if isinstance(error, BlockingIOError):
        return True
    ssl = sys.modules.get("_ssl")  # nobody but ssl raises its errors
    return ssl is not None and isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError))


class _SocketRaw(io.RawIOBase):
    """The socket as a raw stream. Like `socket.SocketIO`, but quiet to who closes it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock: Any = None
        self.recv_into: Callable[..., int] = sock.recv_into
        #: The thread that closes the file, or puts something back: nothing is received for it.
        self.stopped_by = 0
        self.heard = False
        self.failed = ""
        self.starved: Exception | None = None
        #: What was put back.
        self.held = b""
        # socket.makefile() does the same: the socket stays open until its last file is closed.
        sock._io_refs += 1  # type: ignore[attr-defined]
        # Last, and without taking memory: close() counts down only what was counted up.
        self._sock = sock

    def readable(self) -> bool:
        self._checkClosed()
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        if self.stopped_by:
            if self.stopped_by != get_ident():
                raise ValueError("I/O operation on closed file.")
            return None
        if self.failed:
            # Bytes may have been lost with the failure: nothing after it can be in step.
            raise OSError(self.failed)
        self.starved = None
        if self.held:
            return self._again(buffer)
        try:
            got = self.recv_into(buffer)
            self.heard = self.heard or got > 0
            return got
        except TimeoutError:
            self.failed = "cannot read from timed out object"  # as socket.SocketIO says it
            raise
        except Exception as error:
            if not _is_only_empty(error):
                self.failed = _FAILED
                raise
            self.starved = error.with_traceback(None)
            return None
        except BaseException:
            self.failed = _FAILED
            raise

    def _again(self, buffer: bytearray | memoryview) -> int:
        with memoryview(buffer) as room:
            count = min(len(room), len(self.held))
            room[:count] = self.held[:count]
        self.held = self.held[count:]
        return count

    def fileno(self) -> int:
        self._checkClosed()
        return self._sock.fileno()  # type: ignore[no-any-return]

    def close(self) -> None:
        sock = getattr(self, "_sock", None)
        if sock is not None and not self.closed:
            super().close()
            self._sock = None
            sock._decref_socketios()


class SocketFile(io.BufferedReader):
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

    leftover: int

    def __init__(self, sock: socket.socket) -> None:
        self._socket_raw = _SocketRaw(sock)
        self.leftover = 0
        super().__init__(self._socket_raw, _BUFFER_SIZE)

    def readline(self, limit: int | None = -1, /) -> bytes:
        """Up to and with the next LF, at most `limit` bytes; fewer only at the end."""
        line = _readline(self, limit)
        raw = self._socket_raw
        if raw.starved is not None and line[-1:] != b"\n" and len(line) != limit:
            self.put_back(line)
            raise raw.starved
        return line

    def fail(self) -> None:
        """Bytes have been lost by whoever read them: let nothing more be read."""
        raw = self._socket_raw
        raw.failed, raw.held = _FAILED, b""
        try:  # noqa: SIM105 - takes no memory
            self.readinto(_SCRAP)  # what is buffered, and then it fails
        except (OSError, MemoryError):
            pass

    def put_back(self, data: bytes, /) -> None:
        """Let these bytes come next once more; they were read last."""
        raw = self._socket_raw
        failed, raw.failed = raw.failed, _FAILED  # where there is no memory for it, they are lost
        raw.stopped_by = get_ident()
        try:
            raw.held = data + self.read(len(self.peek())) + raw.held
        finally:
            raw.stopped_by = 0
        raw.failed = failed

    def receive_by(self, recv_into: Callable[..., int]) -> None:
        """Call this from now on to receive, in the place of the socket's own recv_into()."""
        self.fileno()  # which says that it is closed, if it is
        self._socket_raw.recv_into = recv_into

    def received(self) -> bytes:
        """What has been received and not read, also where a read has failed; nothing of a file
        that is closed or in use. Here it is none, because reading by lines takes it.
        """
        return b""

    @property
    def heard(self) -> bool:
        return self._socket_raw.heard

    @property
    def failed(self) -> bool:
        return bool(self._socket_raw.failed)

    @property
    def starved(self) -> Exception | None:
        return self._socket_raw.starved

    def close(self) -> None:
        raw = getattr(self, "_socket_raw", None)  # there is none where it was not even made
        if raw is None or raw.closed:
            return
        raw.stopped_by = get_ident()
        self.leftover = 1  # where it cannot be told
        try:
            self.leftover = len(self.peek()) + len(raw.held) or int(self.failed)
            super().close()
        finally:
            raw.close()  # which super().close() does, unless this was made only half

    def read_head(self, max_line: int, max_fields: int) -> headers_py.Head | None:
        """Read a response head of the plain form; None if it is not, and nothing is consumed.

        Limits are those of `parse_head`. Raises what `socket.recv_into` raises.
        """
        data = self.peek()
        if not data and self.starved is not None:
            raise self.starved
        length, head = headers_py.parse_head(data, max_line, max_fields)
        if head is None:
            return None
        self.read(length)
        return head

    def read_chunks(self, left: int, limit: int, max_line: int) -> tuple[bytes, int, int, int]:
        """Read the content of chunks, at most `limit` bytes (-1: without limit).

        `left` and `max_line` are those of `decode_chunks`. Returns (content, new `left`, length
        of the content at the end of the last chunk that was finished, why it stopped), with END
        where the connection ended, and DONE for LAST where the end of the trailer section has
        been taken too, which is so where it is empty and has come. Raises what `socket.recv_into`
        raises.
        """
        parts: list[bytes] = []
        total = whole = 0
        room = sys.maxsize if limit < 0 else limit
        while True:
            if left > 0 and (left >= room or left >= _BUFFER_SIZE):
                content, left, done, stop = self._read_within_chunk(left, room)
            else:
                content, left, done, stop = self._decode_buffered(left, room, max_line)
            if done:
                whole = total + done
            total += len(content)
            room -= len(content)
            parts.append(content)
            if stop != MORE:
                return b"".join(parts), left, whole, stop

    def _read_within_chunk(self, left: int, room: int) -> tuple[bytes, int, int, int]:
        wanted = min(left, room, TRUSTED_SIZE)
        content = self.read(wanted) or b""
        got = len(content)
        stop = FULL if got == room else MORE if got == wanted else END
        return content, left - got, got if got == left else 0, stop

    def _decode_buffered(self, left: int, room: int, max_line: int) -> tuple[bytes, int, int, int]:
        data = self.peek()
        content, used, left, done, stop = chunks_py.decode_chunks(data, left, room, max_line)
        if stop == LAST and data[used : used + 2] == b"\r\n":
            used += 2
            stop = DONE
        if used:
            self.read(used)
        elif stop == MORE:
            # A size line that is in the buffer only in part: the line-by-line reader waits for
            # the rest of it, or finds the end.
            stop = ODD if data else END
        return content, left, done, stop


def has_input(sock: socket.socket) -> bool:
    """Whether there is something to receive, the end of the stream or an error; without waiting.

    False for a socket that is closed. Raises `OSError` and `ValueError` as `select` does.
    """
    if sock.fileno() < 0:
        return False
    if sys.platform == "win32" or not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    events = poll.poll(0)
    return bool(events) and not events[0][1] & select.POLLNVAL
