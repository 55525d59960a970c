"""The judge: the running `http.client` with the deviations that fasthttp documents.

Each is as few lines as it takes, over the stdlib's own methods, so that everything else remains the
stdlib's judgement. Where a test has nothing to do with them it is judged by `http.client` itself.
"""

from __future__ import annotations

import http.client
from http.client import *  # noqa: F403 - it stands for the module
from http.client import IncompleteRead
from typing import Any

_MAX_CHUNK = (1 << 63) - 1


class Amendments:
    """For any http.client's response: without content where there is none, with all that has come.

    To be inherited from in front of its HTTPResponse (tests/fuzz/judge.py has another one's).
    """

    headers: Any
    status: int
    chunked: Any
    chunk_left: Any

    def begin(self, **limits: Any) -> None:
        if self.headers is not None:
            return
        super().begin(**limits)  # type: ignore[misc]
        if self.status in (101, 204, 304) and self.chunked:
            self.chunked = False
            self.chunk_left = "UNKNOWN"

    def _check_close(self) -> bool:
        connections = self.headers.get_all("connection") or []
        closes: bool = super()._check_close()  # type: ignore[misc]
        return closes or (len(connections) > 1 and "close" in " ".join(connections).lower())

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if not 0 <= size <= _MAX_CHUNK:
            self._close_conn()  # type: ignore[attr-defined]
            raise ValueError("no size of a chunk")
        return size

    def _get_chunk_left(self) -> Any:
        at_end = self.chunk_left == 0
        try:
            return super()._get_chunk_left()  # type: ignore[misc]
        except IncompleteRead as error:
            if at_end and error.partial:  # half of the CRLF is no content
                raise IncompleteRead(b"", error.expected) from error
            raise

    def _read_chunked(self, amt: int | None = None) -> bytes:
        try:
            data: bytes = super()._read_chunked(amt)  # type: ignore[misc]
        except IncompleteRead as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, IncompleteRead):
                raise IncompleteRead(error.partial + cause.partial) from cause
            raise
        return data

    def _readinto_chunked(self, b: Any) -> int:
        try:
            got: int = super()._readinto_chunked(b)  # type: ignore[misc]
        except IncompleteRead as error:
            context = error.__context__
            if isinstance(context, IncompleteRead):
                raise IncompleteRead(error.partial + context.partial)  # noqa: B904
            raise
        return got

    def peek(self, n: int = -1) -> bytes:
        """Of the body alone."""
        if self.fp is None or self.chunked or self.length is None:  # type: ignore[attr-defined]
            return bytes(super().peek(n))  # type: ignore[misc]
        length: int = self.length  # type: ignore[attr-defined]
        return bytes(super().peek(n))[:length] if length else b""  # type: ignore[misc]

    #: What the line in hand is made of so far.
    _line: list[bytes] | None = None

    def read(self, amt: int | None = None) -> bytes:
        data: bytes = super().read(amt)  # type: ignore[misc]
        if self._line is not None:
            self._line.append(data)
        return data

    def readline(self, limit: int = -1) -> bytes:
        """With the part of the line that has come in the error; IOBase's calls read()."""
        line = self._line = []
        try:
            return bytes(super().readline(limit))  # type: ignore[misc]
        except IncompleteRead as error:
            if not line:
                raise
            raise IncompleteRead(b"".join((*line, error.partial))) from error
        finally:
            self._line = None


class HTTPResponse(Amendments, http.client.HTTPResponse):
    """Past all interim responses as well."""

    def _read_status(self) -> Any:
        while True:
            found = super()._read_status()  # type: ignore[misc]
            if found[1] in (100, 101) or found[1] >= 200:
                return found
            http.client.parse_headers(self.fp)


class HTTPConnection(http.client.HTTPConnection):
    """Closed by what breaks off before a response; free for another if a request is refused."""

    response_class = HTTPResponse
    _refused = False
    _lost = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        was_idle = self._refused or self._HTTPConnection__state == "Idle"  # type: ignore[has-type]
        try:
            super().request(*args, **kwargs)
        except BaseException:
            self._refused = was_idle and self._HTTPConnection__state == "Request-started"
            raise

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self._lost:
            self.close()
        if self._refused:
            self._buffer.clear()
            self._HTTPConnection__state = "Idle"
            self._refused = False
        super().putrequest(*args, **kwargs)

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        super().endheaders(*args, **kwargs)
        self._refused = False

    def close(self) -> None:
        super().close()
        self._buffer.clear()  # or the next request would begin with these lines
        self._lost = False

    def getresponse(self) -> Any:
        if self._lost and self._HTTPConnection__state == "Request-sent":
            raise http.client.ResponseNotReady(self._HTTPConnection__state)
        try:
            return super().getresponse()
        except (http.client.ResponseNotReady, TimeoutError, ConnectionError):
            raise
        except BaseException:
            self._lost = True
            raise

    def _tunnel(self) -> None:
        try:
            super()._tunnel()  # type: ignore[misc]
        except BaseException:
            self.close()
            raise
