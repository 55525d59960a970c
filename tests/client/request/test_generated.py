"""Generated requests: the same bytes as the stdlib's, or the same error with the same message and
nothing sent that it would not have sent.
"""

from __future__ import annotations

import array
import io
import sys
from collections import OrderedDict, UserDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ...drawn import examples
from ..request_recorder import Act, assert_same

_settings = examples(400)

_hostile_text = st.text(
    st.one_of(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E),
        st.sampled_from("\r\n\t \0\x7f:%[]@/\x80\xe9\xff\u20ac\udc80"),
    ),
    max_size=12,
)
_word = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=10)
_anything = st.one_of(st.none(), st.integers(), st.binary(max_size=6), st.floats(), st.booleans())


def _mostly(usual: st.SearchStrategy[Any], unusual: st.SearchStrategy[Any]) -> Any:
    return st.integers(0, 9).flatmap(lambda die: usual if die > 1 else unusual)


def _absolute(text: str) -> str:
    """An absolute target; 3.10 did not know of zones in it."""
    return "http://" + (text if sys.version_info >= (3, 11) else text.replace("%", ""))


_methods = _mostly(
    st.sampled_from(["GET", "POST", "PUT", "HEAD", "patch", "M-SEARCH"]),
    st.one_of(_hostile_text, _anything),
)
_targets = _mostly(
    st.one_of(
        st.sampled_from(["/", "", "/a?b=c", "*", "http://other/", "http://[::1]:8/", "https:"]),
        _word,
    ),
    st.one_of(_hostile_text, _hostile_text.map(_absolute), _anything),
)
_names = _mostly(
    st.one_of(
        st.sampled_from(["Host", "host", "Accept-Encoding", "Content-Type", "Expect"]),
        st.sampled_from(["Content-Length", "content-length", "Transfer-Encoding"]),
        _word.map(lambda text: text.replace(":", "-")),
    ),
    st.one_of(_hostile_text, _anything),
)
_values = _mostly(
    st.one_of(
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=12),
        st.integers(),
        st.sampled_from(["chunked", "0", "5", "identity", "a\r\n b"]),
    ),
    st.one_of(_hostile_text, _anything, st.binary(max_size=6).map(bytearray)),
)
_containers = st.sampled_from([dict, dict, dict, dict, OrderedDict, UserDict, list, tuple])
_headers = st.builds(
    lambda container, items: container(items),
    _containers,
    st.dictionaries(_names, _values, max_size=4).map(lambda names: list(names.items())),
)

#: Functions that make a new body each time, so that both clients get their own.
_bodies = st.one_of(
    st.just(lambda: None),
    st.binary(max_size=30).map(lambda data: lambda: data),
    st.text(st.characters(max_codepoint=0xFF), max_size=20).map(lambda text: lambda: text),
    _hostile_text.map(lambda text: lambda: text),
    st.binary(max_size=30).map(lambda data: lambda: bytearray(data)),
    st.binary(max_size=30).map(lambda data: lambda: memoryview(data)),
    st.binary(max_size=30).map(lambda data: lambda: io.BytesIO(data)),
    _hostile_text.map(lambda text: lambda: io.StringIO(text)),
    st.lists(st.binary(max_size=8), max_size=4).map(lambda parts: lambda: parts),
    st.lists(st.binary(max_size=8), max_size=4).map(lambda parts: lambda: iter(parts)),
    st.lists(_anything, max_size=3).map(lambda parts: lambda: parts),
    st.lists(st.integers(0, 9), max_size=4).map(lambda items: lambda: array.array("I", items)),
    _anything.map(lambda thing: lambda: thing),
)


@st.composite
def _requests(draw: st.DrawFn) -> Act:
    method, target, headers = draw(_methods), draw(_targets), draw(_headers)
    body, chunked = draw(_bodies), draw(st.booleans())

    def act(connection: Any) -> None:
        connection.request(method, target, body(), headers, encode_chunked=chunked)

    act.__doc__ = f"{method!r} {target!r} {headers!r} {body()!r} encode_chunked={chunked}"
    return act


_STEPS = st.one_of(
    st.tuples(st.just("putrequest"), _methods, _targets, st.booleans(), st.booleans()),
    st.tuples(st.just("putheader"), _names, _values, _values),
    st.tuples(st.just("putheader"), _names, _values),
    st.tuples(st.just("putheader"), _names),
    st.tuples(st.just("endheaders")),
    st.tuples(st.just("endheaders"), st.binary(max_size=9)),
    st.tuples(st.just("send"), st.one_of(st.binary(max_size=9), _anything)),
    st.tuples(st.just("request"), _methods, _targets),
    st.tuples(st.just("getresponse")),
    st.tuples(st.just("close")),
    # CONNECT itself was another on older Pythons.
    *([st.tuples(st.just("set_tunnel"), _word)] if sys.version_info >= (3, 13) else []),
)


def _error_of(step: Callable[..., Any], args: list[Any]) -> str:
    try:
        step(*args)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


@given(act=_requests(), host=st.sampled_from(["example.org", "[::1]", "b\xfccher.example"]))
@_settings
def test_requests(client: ModuleType, act: Act, host: str) -> None:
    """Over a fake socket, where every call is seen."""
    assert_same(client, act, host=host)


@given(act=_requests(), port=st.sampled_from([None, 80, 8080]))
@_settings
def test_requests_over_a_real_socket(client: ModuleType, act: Act, port: int | None) -> None:
    """Where the fast path is taken."""
    got = assert_same(client, act, way="socket", port=port)
    assert got.wire or got.error


@given(steps=st.lists(_STEPS, max_size=7))
@_settings
def test_steps_in_any_order(client: ModuleType, steps: list[tuple[Any, ...]]) -> None:
    """Each may fail; the next ones are tried all the same."""

    def act(connection: Any) -> None:
        errors = []
        for name, *args in steps:
            errors.append(_error_of(getattr(connection, name), args))
            # Behind a request that is refused, the next one is a deviation that docs/ has.
            if name == "request" and errors[-1]:
                connection.close()
        if any(errors):
            raise RuntimeError("\n".join(errors))

    assert_same(client, act)
