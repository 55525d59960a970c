"""Generated requests and responses: `http.client` gives the same with install() and without.

Nothing is taken out: not one difference is allowed.
"""

from __future__ import annotations

import http.client
from types import ModuleType
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from ..client import generated_responses as responses
from ..client.request import test_generated as requests
from ..client.request_recorder import Act, record
from ..client.response import test_generated as reading
from ..client.response_delivery import Delivery
from ..client.response_observer import EXACT_STYLES, STYLES, observe
from ..drawn import examples

_many = examples(200)
_styles = st.sampled_from(sorted(STYLES))
_line_limits = st.sampled_from([65_536, 65_536, 65_536, 17, 30, 60])
_header_limits = st.sampled_from([100, 100, 100, 0, 1, 3])


@given(st.data(), responses.responses, responses.methods, _styles, _line_limits, _header_limits)
@_many
def test_responses(
    package: ModuleType,
    data: st.DataObject,
    wire: bytes,
    method: str | None,
    style: str,
    max_line: int,
    max_headers: int,
) -> None:
    pieces = data.draw(st.one_of(st.just([wire]), responses.pieces_of(wire)))
    ways = ["buffered", "bytesio"] + ["socket"] * (style in EXACT_STYLES or len(pieces) == 1)
    limits = {"_MAXLINE": max_line, "_MAXHEADERS": max_headers}
    with mock.patch.multiple(http.client, **limits):
        for way in ways:
            with Delivery(way) as deliver:
                expected = observe(deliver, http.client, *pieces, style=style, method=method)
                with package.installed_for():
                    got = observe(deliver, http.client, *pieces, style=style, method=method)
            assert got == expected


@given(st.data(), responses.responses, responses.methods, reading._OPERATIONS)
@_many
def test_any_mixture_of_calls(
    package: ModuleType,
    data: st.DataObject,
    wire: bytes,
    method: str | None,
    operations: list[tuple[Any, ...]],
) -> None:
    """Every call gives the same, and leaves the same state behind; it may be installed midway."""
    pieces = data.draw(st.one_of(st.just([wire]), responses.pieces_of(wire)))
    midway = data.draw(st.integers(0, len(operations)))
    for way in ("buffered", "socket"):
        with Delivery(way) as deliver:
            said = []
            for switches in (False, True):
                response = deliver.response(http.client, *pieces, method=method)
                said.append(_talk(package if switches else None, response, operations, midway))
        assert said[0] == said[1]


def _talk(package: Any, response: Any, operations: Any, midway: int) -> list[Any]:
    try:
        if package is not None and midway == 0:
            package.install()
        try:
            response.begin()
        except http.client.HTTPException as error:
            return [reading.describe(error)]
        said = [vars(response).keys(), vars(response.msg)["_headers"]]
        said += reading._transcript(response, operations[:midway])
        if package is not None:
            package.install()
        return said + reading._transcript(response, operations[midway:])
    finally:
        if package is not None:
            package.uninstall()


def _same(package: ModuleType, act: Act, **how: Any) -> None:
    expected = record(http.client, act, **how)
    with package.installed_for():
        got = record(http.client, act, **how)
    assert got == expected


_hosts = st.sampled_from(["example.org", "[::1]", "b\xfccher.example"])


@given(act=requests._requests(), host=_hosts)
@_many
def test_requests(package: ModuleType, act: Act, host: str) -> None:
    """Over a fake socket, where every call is seen."""
    _same(package, act, host=host)


@given(act=requests._requests(), port=st.sampled_from([None, 80, 8080]))
@_many
def test_requests_over_a_real_socket(package: ModuleType, act: Act, port: int | None) -> None:
    """Where head and body may leave in one call."""
    _same(package, act, way="socket", port=port)


@given(steps=st.lists(requests._STEPS, max_size=7))
@_many
def test_steps_in_any_order(package: ModuleType, steps: list[tuple[Any, ...]]) -> None:
    def act(connection: Any) -> None:
        errors = [
            requests._error_of(getattr(connection, name), list(args)) for name, *args in steps
        ]
        if any(errors):
            raise RuntimeError("\n".join(errors))

    _same(package, act)
