"""The judge: an http.client in a copy of its own, with fasthttp's documented deviations made to it.

What a deviation changes in the middle of reading cannot be told from the values alone when any
bytes may come, so it is made to the judge, by tests/client/oracle.py. (The corpus's deviations ask
the running http.client, and this one may be another's.) What becomes of the connection, where
fasthttp is stricter than http.client, is judged alone: verdict.py.
"""

from __future__ import annotations

import http.client
import importlib.util
import inspect
import io
from typing import Any

from ..client.oracle import Amendments
from ..client.response_delivery import FakeSocket


class _AnyInterim:
    """Equal to each status that is read past: 1xx but 101 (README: interim responses)."""

    def __eq__(self, status: object) -> bool:
        return isinstance(status, int) and 100 <= status < 200 and status != 101

    __hash__ = None  # type: ignore[assignment]


def load_judge(path: str | None) -> Any:
    """The judge made of a client.py, the running Python's unless another is named.

    Its exceptions are those of `http.client` itself.
    """
    spec = importlib.util.spec_from_file_location("fuzz_judge", path or http.client.__file__)
    assert spec is not None and spec.loader is not None
    judge: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    for name, value in vars(http.client).items():
        if isinstance(value, type) and issubclass(value, Exception):
            setattr(judge, name, value)
    judge.CONTINUE = _AnyInterim()
    judge.HTTPResponse = type("HTTPResponse", (Amendments, judge.HTTPResponse), {})
    judge.HTTPConnection.response_class = judge.HTTPResponse
    return judge


def is_newest(judge: Any) -> bool:
    """Whether it is that of 3.15, and needs no allowance for what that has mended."""
    return "max_response_headers" in inspect.signature(judge.HTTPConnection).parameters


def closes_at_last_byte(judge: Any) -> bool:
    """Whether readline() closes a response with its last byte: from 3.11.8 and 3.12.2 on."""
    answer = io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    response = judge.HTTPResponse(FakeSocket(answer))
    response.begin()
    response.readline()
    return bool(response.isclosed())


def leftover(judge: Any, answer: bytes, method: str) -> bytes | None:
    """What is left over behind the end of a response; None where it cannot be read so far."""
    stream = _Open(answer)
    response = judge.HTTPResponse(FakeSocket(stream), method=method)
    try:
        response.begin()
        response.read()
    except (http.client.HTTPException, ValueError, OverflowError, MemoryError):
        return None
    return stream.read()


class _Open(io.BytesIO):
    """Bytes that stay readable when the response closes its file."""

    def close(self) -> None:
        pass
