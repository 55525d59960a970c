"""Generated hostile responses: read in every style, from fake and from real sockets, they give
what the stdlib gives in the same process, with the documented deviations (oracle.py), errors and
state included; and nothing ever hangs.

Where the running Python is older than CPython 3.15.2, the known differences are taken out: the
blank line in the payload (response_observer.py), and what is named here.
"""

from __future__ import annotations

import contextlib
import http.client
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from ...drawn import examples
from .. import generated_responses as responses
from .. import oracle
from ..response_delivery import Delivery
from ..response_observer import (
    EXACT_STYLES,
    LOOSE_STYLES,
    describe,
    end_of,
    observe,
    without_blank_line,
)

_many = examples(300)
_some = examples(200)

#: What a caller has to reckon with.
_DOCUMENTED = (http.client.HTTPException, OSError)

_exact = st.sampled_from(sorted(EXACT_STYLES))
_loose = st.sampled_from(sorted(LOOSE_STYLES))
_line_limits = st.sampled_from([65_536, 65_536, 65_536, 17, 30, 60])


def _closes_at_last_byte() -> bool:
    """Whether read1() and readline() close a response with its last byte, as from 3.13 on."""
    with Delivery("bytesio") as deliver:
        wire = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        response = deliver(http.client, wire)  # type: ignore[arg-type]
        response.readline()
        return bool(response.isclosed())


_OLD_ENDS = not _closes_at_last_byte()


def _comparable(expected: dict[str, Any], got: dict[str, Any]) -> dict[str, Any]:
    """What the stdlib gave, as from 3.15 on."""
    expected = without_blank_line(expected, got)
    error = expected.get("error")
    if error is not None and sys.version_info < (3, 11) and "cause" in error:
        theirs = got.get("error", {}).get("cause")
        expected = {**expected, "error": {**error, "cause": theirs}}
    if _OLD_ENDS and "end" in expected and expected["end"]["length"] == 0:
        expected = {**expected, "end": {**expected["end"], "isclosed": got["end"]["isclosed"]}}
    return expected


@contextlib.contextmanager
def _limits(max_line: int) -> Iterator[None]:
    with mock.patch.object(http.client, "_MAXLINE", max_line):
        yield


@given(st.data(), responses.responses, responses.methods, _exact, _line_limits)
@_many
def test_from_fake_sockets(
    client: ModuleType,
    data: st.DataObject,
    wire: bytes,
    method: str | None,
    style: str,
    max_line: int,
) -> None:
    pieces = data.draw(responses.pieces_of(wire))
    with _limits(max_line), Delivery("buffered") as deliver:
        got = observe(deliver, client, *pieces, style=style, method=method)
        expected = observe(deliver, oracle, *pieces, style=style, method=method)
    assert got == _comparable(expected, got)
    assert "error" not in got or issubclass(got["error"]["class"], _DOCUMENTED)


@given(st.data(), responses.responses, responses.methods, _exact, _line_limits)
@_many
def test_from_real_sockets(
    client: ModuleType,
    data: st.DataObject,
    wire: bytes,
    method: str | None,
    style: str,
    max_line: int,
) -> None:
    """Where the fast path is taken, however the bytes arrive."""
    pieces = data.draw(st.one_of(st.just([wire]), responses.pieces_of(wire)))
    with _limits(max_line), Delivery("socket") as deliver:
        got = observe(deliver, client, *pieces, style=style, method=method)
        expected = observe(deliver, oracle, wire, style=style, method=method)
    assert got == _comparable(expected, got)
    assert "error" not in got or issubclass(got["error"]["class"], _DOCUMENTED)


@given(st.data(), responses.responses, responses.methods, _loose)
@_some
def test_in_pieces_of_any_size(
    client: ModuleType, data: st.DataObject, wire: bytes, method: str | None, style: str
) -> None:
    """Styles whose pieces depend on how the bytes arrive give the same in sum."""
    pieces = data.draw(responses.pieces_of(wire))
    for way in ("buffered", "socket"):
        with Delivery(way) as deliver:
            got = observe(deliver, client, *pieces, style=style, method=method)
            expected = observe(deliver, oracle, *pieces, style=style, method=method)
        expected = _comparable(expected, got)
        for seen in (got, expected):
            _forget_places(seen)
        assert got == expected


def _forget_places(seen: dict[str, Any]) -> None:
    """Where a broken body was when it broke depends on how much was asked for at a time."""
    if "error" in seen:
        seen["error"] = seen["error"]["class"]
        seen.pop("end", None)
    else:
        seen["end"].pop("isclosed")


_OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.one_of(st.none(), st.integers(0, 60))),
        st.tuples(st.just("readinto"), st.integers(0, 60)),
        st.tuples(st.just("readline"), st.just(-1)),
        st.tuples(st.sampled_from(["isclosed", "close", "flush"])),
    ),
    max_size=8,
)


def _transcript(response: Any, operations: list[tuple[Any, ...]]) -> list[Any]:
    """What each operation gave, up to an error, and the state behind it."""
    said: list[Any] = []
    for name, *args in operations:
        try:
            if name == "readinto":
                buffer = bytearray(args[0])
                said.append((response.readinto(buffer), bytes(buffer)))
            else:
                said.append(getattr(response, name)(*args))
        except Exception as error:
            seen = describe(error)
            seen.pop("cause", None)
            return [*said, seen, end_of(response)]
        if not _OLD_ENDS:
            said.append(end_of(response))
    return said


@given(st.data(), responses.responses, responses.methods, _OPERATIONS)
@_many
def test_any_mixture_of_calls(
    client: ModuleType,
    data: st.DataObject,
    wire: bytes,
    method: str | None,
    operations: list[tuple[Any, ...]],
) -> None:
    """Every call gives the same, and leaves the same state behind."""
    if _OLD_ENDS:
        operations = [it for it in operations if it[0] != "isclosed"]
    for way, pieces in (
        ("buffered", [wire]),
        ("socket", [wire]),
        ("socket", data.draw(responses.pieces_of(wire))),
    ):
        with Delivery(way) as deliver:
            said = []
            for module in (client, oracle):
                response = deliver.response(module, *pieces, method=method)  # type: ignore[arg-type]
                try:
                    response.begin()
                except http.client.HTTPException as error:
                    said.append([describe(error)])
                else:
                    said.append(_transcript(response, operations))
        assert said[0] == said[1]
