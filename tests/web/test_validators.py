"""Asking only for what has changed."""

from __future__ import annotations

import pytest

from fasthttp._web.validators import fields_for, is_known

_DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_fields(method: str) -> None:
    both = {"If-None-Match": '"a"', "If-Modified-Since": _DATE}
    assert fields_for(method, {"Accept": "x"}, '"a"', _DATE) == both
    assert fields_for(method, {}, None, _DATE) == {"If-Modified-Since": _DATE}
    assert fields_for(method, {}, 'W/"a"', None) == {"If-None-Match": 'W/"a"'}
    assert fields_for(method, {}, None, None) == {}


def test_they_are_sent_back_as_they_came() -> None:
    """Servers give tags without quotes and dates of other forms, and know them again."""
    assert fields_for("GET", {}, " abc\t", " yesterday ") == {
        "If-None-Match": "abc",
        "If-Modified-Since": "yesterday",
    }
    assert fields_for("GET", {}, '"\xe9"', None) == {"If-None-Match": '"\xe9"'}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get"])
def test_other_methods(method: str) -> None:
    assert fields_for(method, {}, '"a"', _DATE) == {}


@pytest.mark.parametrize(
    "name",
    [
        "If-None-Match", "if-modified-since", "IF-MATCH", "If-Unmodified-Since", "If-Range",
        "Range", b"if-none-match", b"RANGE",
    ],
)  # fmt: skip
def test_a_request_with_conditions_of_its_own(name: str | bytes) -> None:
    assert fields_for("GET", {"Accept": "x", name: "y"}, '"a"', _DATE) == {}


@pytest.mark.parametrize("value", ["", " ", "a\r\nb", "a\n b", "a\0", "\x7f", "\u20ac", "a\x0bb"])
def test_what_no_field_can_carry(value: str) -> None:
    assert fields_for("GET", {}, value, value) == {}


def test_what_a_304_gives() -> None:
    fields = fields_for("GET", {}, '"a"', None)
    assert is_known(304, fields)
    assert not is_known(200, fields)
    assert not is_known(412, fields)
    assert not is_known(304, {})
