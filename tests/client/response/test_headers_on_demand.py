"""`headers` and `msg` may be built when somebody looks: nobody must be able to tell."""

from __future__ import annotations

import http.client
from types import ModuleType
from typing import Any

import pytest

from ..response_delivery import Delivery

_WIRE = b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nX: \r\nset-cookie: b\r\nContent-Length: 2\r\n\r\nxy"
_ITEMS = [("Set-Cookie", "a"), ("X", ""), ("set-cookie", "b"), ("Content-Length", "2")]


@pytest.fixture
def response(every_client: ModuleType, deliver: Delivery) -> Any:
    return deliver(every_client, _WIRE)


def test_msg_and_headers_are_one(response: Any) -> None:
    assert response.msg is response.headers
    assert response.headers is response.headers
    assert response.info() is response.headers
    assert response.headers.items() == _ITEMS


def test_headers_and_msg_are_one(response: Any) -> None:
    """Looked at in the other order."""
    headers = response.headers
    assert response.msg is headers


def test_the_message_can_be_changed(response: Any) -> None:
    response.headers["New"] = "field"
    del response.msg["X"]
    assert response.getheader("new") == "field"
    assert response.getheader("x", "gone") == "gone"
    assert ("New", "field") in response.getheaders()


def test_what_is_changed_early_counts_for_getheader(response: Any) -> None:
    assert response.getheader("X") == ""
    response.headers.replace_header("X", "new")
    assert response.getheader("X") == "new"


def test_headers_can_be_put_in_their_place(response: Any) -> None:
    """urllib does; the other name keeps what it had."""
    other = http.client.HTTPMessage()
    other["A"] = "b"
    response.headers = other
    assert response.headers is other
    assert response.info() is other
    assert response.getheader("A") == "b"
    assert response.getheader("X") is None
    assert response.getheaders() == [("A", "b")]
    assert response.msg is not other
    assert response.msg.items() == _ITEMS


def test_msg_can_be_put_in_its_place(response: Any) -> None:
    """urllib.request puts the reason there."""
    response.msg = "OK"
    assert response.msg == "OK"
    assert response.headers.items() == _ITEMS
    assert response.getheader("X") == ""
    assert response.msg == "OK"


def test_both_can_be_put_in_their_places(response: Any) -> None:
    response.headers, response.msg = {"a": "b"}, "OK"
    assert (response.headers, response.msg) == ({"a": "b"}, "OK")


def test_both_can_be_put_in_their_places_after_a_look(response: Any) -> None:
    original = response.headers
    response.msg = "OK"
    assert response.headers is original
    response.headers = None
    assert response.headers is None
    assert response.msg == "OK"
    for use in (response.getheaders, lambda: response.getheader("X")):
        with pytest.raises(http.client.ResponseNotReady):
            use()


def test_headers_of_none_are_not_ready(response: Any) -> None:
    """Before anybody looked."""
    response.headers = None
    with pytest.raises(http.client.ResponseNotReady):
        response.getheader("X")
    with pytest.raises(http.client.ResponseNotReady):
        response.getheaders()
    assert response.headers is None


def test_headers_set_before_begin_are_kept(every_client: ModuleType, deliver: Delivery) -> None:
    """Then begin() takes the response for begun, as the stdlib does."""
    response = deliver.response(every_client, _WIRE)
    message = http.client.HTTPMessage()
    response.headers = message
    response.begin()
    assert response.headers is message
    assert response.status == "UNKNOWN"
    assert response.msg is None


def test_msg_set_before_begin_is_replaced(every_client: ModuleType, deliver: Delivery) -> None:
    response = deliver.response(every_client, _WIRE)
    response.msg = "before"
    response.begin()
    assert response.msg is response.headers
    assert response.headers.items() == _ITEMS


def test_attributes_are_there_for_those_who_ask_otherwise(response: Any) -> None:
    """getattr, hasattr, vars and copy."""
    assert hasattr(response, "headers")
    assert getattr(response, "msg", None).items() == _ITEMS
    assert {"headers", "msg"} <= set(vars(response))
    assert vars(response)["headers"] is response.headers


def test_getheader_before_and_after_a_look(response: Any) -> None:
    for _ in range(2):
        assert response.getheader("Set-Cookie") == "a, b"
        assert response.getheader("SET-COOKIE") == "a, b"
        assert response.getheader("x") == ""
        assert response.getheader("nothing") is None
        assert response.getheaders() == _ITEMS


DEFAULTS: list[tuple[Any, Any]] = [
    (None, None),
    ("text", "text"),
    ("", ""),
    (5, 5),
    (0, 0),
    (["a", "b"], "a, b"),
    (("a",), "a"),
    ([], ""),
    ({"a": 1, "b": 2}, "a, b"),
]


@pytest.mark.parametrize("looked", [False, True])
def test_a_default_that_is_an_iterable_is_joined(response: Any, looked: bool) -> None:
    """And one that is not, is not."""
    if looked:
        assert response.headers
    for default, expected in DEFAULTS:
        assert response.getheader("nothing", default) == expected
        assert response.getheader("Set-Cookie", default) == "a, b"
    assert response.getheader("nothing", iter("ab")) == "a, b"


@pytest.mark.parametrize("looked", [False, True])
def test_a_default_of_other_things_is_an_error(response: Any, looked: bool) -> None:
    if looked:
        assert response.headers
    with pytest.raises(TypeError):
        response.getheader("nothing", [1, 2])
    with pytest.raises(TypeError):
        response.getheader("nothing", b"bytes")


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("name", ["\u212a", "s\u0307et-cookie", "", ":", "set-cookie ", "SET\x00"])
def test_names_that_are_none_find_nothing(response: Any, name: str, looked: bool) -> None:
    if looked:
        assert response.headers
    assert response.getheader(name) is None


def test_a_name_is_lowered_as_str_does_it(every_client: ModuleType, deliver: Delivery) -> None:
    for look in (False, True):
        response = deliver(every_client, b"HTTP/1.1 200 OK\r\nK: v\r\n\r\n")
        if look:
            assert response.headers
        assert response.getheader("\N{KELVIN SIGN}") == "v"


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("name", [None, 5, ["X"]])
def test_a_name_that_is_no_text_is_an_error(response: Any, name: Any, looked: bool) -> None:
    if looked:
        assert response.headers
    with pytest.raises(AttributeError):
        response.getheader(name)


@pytest.mark.parametrize("looked", [False, True])
def test_a_name_of_bytes_finds_nothing(response: Any, looked: bool) -> None:
    if looked:
        assert response.headers
    assert response.getheader(b"X", "default") == "default"


def test_getallmatchingheaders_is_there(response: Any) -> None:
    """It never found anything, and does not now: keys have no colon."""
    assert response.headers.getallmatchingheaders("X") == []


def test_headers_outlive_the_body(response: Any) -> None:
    response.read()
    response.close()
    assert response.getheader("X") == ""
    assert response.headers.items() == _ITEMS


def test_headers_of_two_responses_are_two(every_client: ModuleType, deliver: Delivery) -> None:
    first, second = deliver(every_client, _WIRE), deliver(every_client, _WIRE)
    first.headers["A"] = "b"
    assert second.headers.items() == _ITEMS
    assert first.getheaders() is not first.getheaders()
