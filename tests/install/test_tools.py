"""What inspect, typing, pickle, mock and the like see of the functions that install() lends."""

from __future__ import annotations

import copy
import functools
import http.client
import inspect
import io
import pickle
import sys
import typing
import warnings
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from .surface import surface

_ANSWER = b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def _lent(fasthttp: Any, newest: bool) -> dict[str, tuple[Any, Any]]:
    """By place: the function that install() has put there, and what was there before."""
    before = surface()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it leaves alone
        fasthttp.install(newest=newest)
    after = surface()
    return {
        place: (value, before.get(place))
        for place, value in after.items()
        if value is not before.get(place) and callable(value)
    }


@pytest.mark.parametrize("newest", [False, True])
def test_they_look_like_those_they_stand_for(fasthttp: Any, newest: bool) -> None:
    lent = _lent(fasthttp, newest)
    assert len(lent) >= 8
    for place, (value, before) in lent.items():
        assert inspect.isfunction(value), place
        assert not hasattr(value, "__wrapped__") and not vars(value), place
        assert value.__name__ == value.__code__.co_name == place.rpartition(".")[2]
        assert value.__qualname__ == place and value.__module__ == "http.client"
        assert value.__doc__ == (before and before.__doc__), place
        expected = {} if before is None else typing.get_type_hints(before)
        assert typing.get_type_hints(value) == expected, place
        assert inspect.get_annotations(value) == inspect.get_annotations(before or len), place
        if not newest:
            assert str(inspect.signature(value)) == str(inspect.signature(before)), place
            assert value.__defaults__ == before.__defaults__, place
            assert value.__kwdefaults__ == before.__kwdefaults__, place


def test_fasthttps_own_keep_their_annotations(fasthttp: Any) -> None:
    fasthttp.install(newest=True)
    own = fasthttp.client.HTTPConnection.set_tunnel
    assert own is not vars(http.client.HTTPConnection)["set_tunnel"]
    assert "host" in own.__annotations__ and own.__module__.startswith("fasthttp")


def test_copies_and_pickles_are_the_function(fasthttp: Any) -> None:
    for place, (value, _) in _lent(fasthttp, newest=False).items():
        assert copy.copy(value) is value and copy.deepcopy(value) is value
        if "." not in place or not place.rpartition(".")[2].startswith("__"):
            assert pickle.loads(pickle.dumps(value)) is value


def test_classes_keep_their_order(fasthttp: Any) -> None:
    owners = (http.client, http.client.HTTPConnection, http.client.HTTPResponse)
    before = [list(vars(owner)) for owner in owners]
    fasthttp.install()
    assert [list(vars(owner)) for owner in owners] == before
    fasthttp.install(newest=True)
    fasthttp.uninstall()
    assert [list(vars(owner)) for owner in owners] == before


@pytest.mark.parametrize("newest", [False, True])
def test_autospec(fasthttp: Any, newest: bool) -> None:
    for place, (value, _) in _lent(fasthttp, newest).items():
        owner, _, name = place.rpartition(".")
        holder = getattr(http.client, owner) if owner else http.client
        with mock.patch.object(holder, name, autospec=True) as spec:
            assert inspect.signature(spec) == inspect.signature(value)
        assert vars(holder)[name] is value
    with mock.patch.object(http.client.HTTPConnection, "putheader", autospec=True) as spec:
        connection = http.client.HTTPConnection("localhost")
        connection.putheader("A", "b")
        spec.assert_called_once_with(connection, "A", "b")
        with pytest.raises(TypeError):
            connection.putheader()  # type: ignore[call-arg]


def test_singledispatch_and_partial(fasthttp: Any) -> None:
    fasthttp.install()
    general: Any = functools.singledispatch(http.client.parse_headers)

    @general.register(bytes)
    def _(data: bytes) -> Any:
        return general(io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]

    assert general(b"A: b\r\n\r\n").items() == [("A", "b")]
    assert general.__name__ == "parse_headers" and general.__module__ == "http.client"


def _read(response_class: Callable[..., Any]) -> Any:
    response = response_class(mock.Mock(makefile=lambda _: io.BufferedReader(io.BytesIO(_ANSWER))))
    response.begin()
    return response.getheader("A"), response.read(3), response.read(), response.isclosed()


def test_a_subclass_made_meanwhile_lives_on(fasthttp: Any) -> None:
    """Also one that has copied the functions."""
    fasthttp.install()
    heir = type("Heir", (http.client.HTTPResponse,), {})
    copied = type(
        "Copied",
        (http.client.HTTPResponse,),
        {n: vars(http.client.HTTPResponse)[n] for n in ("begin", "getheader", "_read_chunked")},
    )
    expected = ("b", b"hel", b"lo", True)
    for _ in range(2):
        assert _read(heir) == _read(copied) == _read(http.client.HTTPResponse) == expected
        fasthttp.uninstall()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="has no such arguments any more")
def test_a_warning_is_about_the_caller(fasthttp: Any) -> None:
    """With newest=True it is not: docs/install.md."""
    fasthttp.install()
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        http.client.HTTPSConnection("localhost", check_hostname=True)  # type: ignore[call-arg]
    assert [each.filename for each in noted] == [__file__]


@pytest.mark.parametrize("size", [16, 100, 4096])
def test_small_reads_copy_no_buffer(
    fasthttp: Any, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """They would all of it, for each byte."""
    looks: list[int] = []
    inner = fasthttp.patch.bodies.buffered

    def buffered(fp: Any) -> Any:
        data = inner(fp)
        looks.append(len(data))
        return data

    monkeypatch.setattr(fasthttp.patch.bodies, "buffered", buffered)
    fasthttp.install()
    body = (b"%x\r\n" % size + b"x" * (size - 1) + b"\n\r\n") * 20 + b"0\r\n\r\n"
    answer = _ANSWER.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
    steps: list[Callable[[Any], Any]] = [
        lambda response: response.read(1),
        lambda response: response.read(size - 1),
        lambda response: response.read(size * 2),
        lambda response: response.read1(7),
        lambda response: response.readinto(bytearray(9)),
        lambda response: response.readline(),
    ]
    for step in steps:
        response = http.client.HTTPResponse(
            mock.Mock(makefile=lambda _: io.BufferedReader(io.BytesIO(answer)))
        )
        response.begin()
        while step(response):
            pass
    assert not looks
