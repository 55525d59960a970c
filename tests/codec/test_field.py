"""Single pieces of a message: what is of the plain form, and that both twins think so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasthttp._codec.refusals import NAME, VALUE

from ..drawn import examples
from .twins import Twin

_text = st.text(st.sampled_from("Aa-b1: \t\r\n\0\x7f\x80\xe9\xff\u212a\u20ac\udc80"), max_size=8)
_name = st.one_of(st.sampled_from(["A", "Set-Cookie", "set-cookie", "k", "\u212a", ""]), _text)
_thing = st.one_of(
    _text,
    _text.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.integers(),
    st.integers(-(1 << 70), 1 << 70),
    st.booleans(),
    st.none(),
    st.floats(),
    st.builds(bytearray, st.binary(max_size=4)),
)
_pair = st.one_of(st.tuples(_name, _text), st.tuples(_name, _text), st.tuples(_name), st.none())


class _Text(str):
    pass


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("A", "b", b"A: b"),
        (b"A", b"b", b"A: b"),
        ("A", 12, b"A: 12"),
        ("A", -1, b"A: -1"),
        ("A", "", b"A: "),
        ("A", " b\t", b"A:  b\t"),
        ("A", "caf\xe9", b"A: caf\xe9"),
        ("A", b"\xff\0", b"A: \xff\0"),
        *(("A", odd, VALUE) for odd in ("a\rb", "a\nb", b"a\r\n b", "\u20ac", True, None, 1.0)),
        *(("A", odd, VALUE) for odd in (bytearray(b"b"), _Text("b"), 1 << 63)),
        *((odd, "b", NAME) for odd in ("", b"", "a b", "a:", "\xe9", b"\xe9", "a\n")),
        *((odd, "b", NAME) for odd in (_Text("A"), 1, None)),
    ],
)
def test_encode_field(twin: Twin, name: Any, value: Any, line: bytes | str) -> None:
    wanted = line if isinstance(line, bytes) else (line, (name, value))
    assert twin.request.encode_field(name, value) == wanted


def test_find_values(twin: Twin) -> None:
    find = twin.headers.find_values
    fields = [("A", "1"), ("Set-Cookie", "x"), ("a", "2"), ("set-cookie", "caf\xe9")]
    assert find(fields, "SET-COOKIE") == ["x", "caf\xe9"]
    assert find(fields, "a") == ["1", "2"]
    assert find(fields, "b") == []
    assert find([], "b") == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ([("A", "\u20ac")], "a"),
        ([("A", "\udc80")], "a"),
        ([("\u212a", "x")], "k"),  # the Kelvin sign is a "k" in lower case
        ([("A", "x")], "\u212a"),
        ([["A", "x"]], "a"),
        ([("A", _Text("x"))], "a"),
        ([("A", "x", "y")], "a"),
        ((("A", "x"),), "a"),
        ([("A", "x")], b"a"),
    ],
)
def test_what_find_values_leaves_to_others(twin: Twin, fields: Any, name: Any) -> None:
    assert twin.headers.find_values(fields, name) is None


@given(_thing, _thing)
@examples(100)
def test_encode_field_agrees(both: tuple[Twin, Twin], name: Any, value: Any) -> None:
    compiled, python = both
    assert compiled.request.encode_field(name, value) == python.request.encode_field(name, value)


@given(st.lists(_pair, max_size=4), _name)
@examples(100)
def test_find_values_agrees(both: tuple[Twin, Twin], fields: Any, name: Any) -> None:
    compiled, python = both
    assert compiled.headers.find_values(fields, name) == python.headers.find_values(fields, name)
