"""Writes down what reading a response gives: its head, its body in a style, its error, its end."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .response_delivery import Delivery

Style = Callable[[Any], list[Any]]


def describe(error: BaseException) -> dict[str, Any]:
    """What a caller can see of an error; interpreters word their own messages differently."""
    seen: dict[str, Any] = {"class": type(error)}
    if isinstance(error, http.client.HTTPException):
        seen["text"], seen["args"] = str(error), error.args
    if isinstance(error, http.client.IncompleteRead):
        seen["expected"], seen["repr"] = error.expected, repr(error)
        cause = error.__cause__
        seen["cause"] = None if cause is None else (type(cause), cause.args)
    if isinstance(error, http.client.BadStatusLine):
        seen["line"] = error.line
    if isinstance(error, http.client.UnknownProtocol):
        seen["version"] = error.version
    return seen


def head_of(response: Any) -> dict[str, Any]:
    """What begin() found, in full."""
    headers = response.headers
    payload = headers.get_payload()
    return {
        "line": (response.version, response.status, response.code, response.reason),
        "fields": headers.items(),
        "getheaders": response.getheaders(),
        "get": [response.getheader(name) for name in headers],
        "type": (headers.get_content_type(), headers.get_content_charset(), type(headers)),
        "defects": [type(defect) for defect in headers.defects],
        "payload": payload if isinstance(payload, str) else [part.items() for part in payload],
        "framing": (response.chunked, response.length, response.will_close),
        "msg": response.msg is headers and response.info() is headers,
    }


def end_of(response: Any) -> dict[str, Any]:
    """The state that is left behind."""
    return {
        "isclosed": response.isclosed(),
        "closed": response.closed,
        "length": response.length,
        "chunk_left": response.chunk_left,
    }


def until_empty(read: Callable[[], Any], most: int = 100_000) -> list[Any]:
    """All that a way of reading gives before it gives nothing."""
    pieces: list[Any] = []
    while piece := read():
        pieces.append(piece)
        assert len(pieces) < most, "there is no end to it"
    return pieces


def _readinto(response: Any, size: int) -> bytes:
    buffer = bytearray(size)
    return bytes(buffer[: response.readinto(buffer)])


def _peeked(response: Any) -> list[Any]:
    pieces = []
    while ahead := response.peek():
        piece = response.read(len(ahead))
        assert ahead.startswith(piece), "what is behind a sized body can be seen as well"
        pieces.append(piece)
    return [*pieces, response.read()]


#: Each gives the body in pieces that do not depend on how it arrived.
EXACT_STYLES: dict[str, Style] = {
    "read": lambda response: [response.read()],
    "read(None)": lambda response: [response.read(None)],
    "read(1)": lambda response: until_empty(lambda: response.read(1)),
    "read(7)": lambda response: until_empty(lambda: response.read(7)),
    "read(100000)": lambda response: until_empty(lambda: response.read(100_000)),
    "read(3) and the rest": lambda response: [response.read(3), response.read()],
    "readinto(5)": lambda response: until_empty(lambda: _readinto(response, 5)),
    "readinto(100000)": lambda response: until_empty(lambda: _readinto(response, 100_000)),
    "readline": lambda response: until_empty(response.readline),
    "readlines": lambda response: response.readlines(),
    "iteration": list,
}

#: Each gives the body in pieces that do, so that only their sum can be compared.
LOOSE_STYLES: dict[str, Style] = {
    "read1": lambda response: until_empty(response.read1),
    "read1(3)": lambda response: until_empty(lambda: response.read1(3)),
    "readline(4)": lambda response: until_empty(lambda: response.readline(4)),
    "peek": _peeked,
}

STYLES = EXACT_STYLES | LOOSE_STYLES


def observe(
    deliver: Delivery,
    client: ModuleType,
    *pieces: bytes,
    style: str = "read",
    method: str | None = "GET",
) -> dict[str, Any]:
    """Read a response from its first byte to its last, or to its error; what could be seen."""
    response = deliver.response(client, *pieces, method=method)
    seen: dict[str, Any] = {}
    try:
        response.begin()
        seen["head"] = head_of(response)
        seen["body"] = STYLES[style](response)
        if style in LOOSE_STYLES:
            seen["body"] = b"".join(seen["body"])
        seen["behind"] = (response.read(), response.read1(), response.readline(), list(response))
    except Exception as error:
        seen["error"] = describe(error)
    if "head" in seen:
        seen["end"] = end_of(response)
    return seen


def without_blank_line(expected: dict[str, Any], got: dict[str, Any]) -> dict[str, Any]:
    """What the stdlib gave, as from 3.15 on.

    Before, it handed the blank line behind the headers to the email package as well, which put it
    at the end of the payload that it makes of lines that are no headers.
    """
    if sys.version_info >= (3, 15) or "head" not in expected or "head" not in got:
        return expected
    theirs, ours = expected["head"]["payload"], got["head"]["payload"]
    if isinstance(ours, str) and theirs in (ours + "\r\n", ours + "\n"):
        return {**expected, "head": {**expected["head"], "payload": ours}}
    return expected
