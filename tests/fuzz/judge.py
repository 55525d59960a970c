"""The judge: an http.client in a copy of its own, with fasthttp's documented deviations made to it.

What a deviation changes in the middle of reading cannot be told from the values alone when any
bytes may come, so it is made to the judge: each says where it is documented. The others are
recognised by their values, as for the corpus (tests/corpus/deviations.py); and what becomes of the
connection, where fasthttp is stricter than http.client, is judged alone (verdict.py).
"""

from __future__ import annotations

import http.client
import importlib.util
from typing import Any

from ..corpus import own

NAME = "fuzz_judge"
#: No chunk is longer: fasthttp/chunked.py.
_MAX_CHUNK = (1 << 63) - 1


class _AnyInterim:
    """Equal to each status that is read past: 1xx but 101 (README: interim responses)."""

    def __eq__(self, status: object) -> bool:
        return isinstance(status, int) and 100 <= status < 200 and status != 101

    __hash__ = None  # type: ignore[assignment]


def load_judge(path: str | None) -> Any:
    """The judge made of a client.py, the running Python's unless another is named.

    The deviations' questions (tests/corpus/own.py) are put to it as well.
    """
    spec = importlib.util.spec_from_file_location(NAME, path or http.client.__file__)
    assert spec is not None and spec.loader is not None
    judge: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    judge.CONTINUE = _AnyInterim()
    judge.HTTPResponse = judge.HTTPConnection.response_class = _amended(judge)
    own.client = judge
    return judge


def _amended(judge: Any) -> Any:
    class HTTPResponse(judge.HTTPResponse):  # type: ignore[misc]
        def begin(self, **limit: Any) -> None:
            super().begin(**limit)
            # RFC 9112 6.3, rule 1: no content after these, in chunks or not.
            if self.status < 200 or self.status in (204, 304):
                self.chunked, self.chunk_left = False, judge._UNKNOWN

        def _read_next_chunk_size(self) -> int:
            size: int = super()._read_next_chunk_size()
            if not 0 <= size <= _MAX_CHUNK:  # is an error, like what is no number
                self._close_conn()
                raise ValueError
            return size

        def _get_chunk_left(self) -> int | None:
            try:
                left: int | None = super()._get_chunk_left()
            except judge.IncompleteRead as error:
                error.partial, error.args = b"", (b"",)  # a part of CRLF is none of the body
                raise
            return left

        # The partial content is all that came, the broken chunk's included.

        def _read_chunked(self, amt: int | None = None) -> bytes:
            try:
                content: bytes = super()._read_chunked(amt)
            except judge.IncompleteRead as error:
                cause = error.__cause__ or error.__context__
                raise judge.IncompleteRead(error.partial + cause.partial) from error.__cause__
            return content

        def _readinto_chunked(self, b: Any) -> int:
            try:
                size: int = super()._readinto_chunked(b)
            except judge.IncompleteRead as error:
                raise judge.IncompleteRead(error.partial + error.__context__.partial) from None
            return size

    return HTTPResponse
