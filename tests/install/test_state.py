"""install() and uninstall(): what stands where, before, between and after."""

from __future__ import annotations

import http.client
import threading
from typing import Any

import pytest

from ..client.scripted_server import Script
from .surface import surface

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello"


def test_installed_says(fasthttp: Any) -> None:
    assert not fasthttp.installed()
    assert fasthttp.install() == {}
    assert fasthttp.installed()
    assert fasthttp.uninstall() == []
    assert not fasthttp.installed()


def test_the_very_objects_come_back(fasthttp: Any) -> None:
    before = surface()
    fasthttp.install()
    changed = {name for name, value in surface().items() if value is not before[name]}
    assert {"parse_headers", "HTTPResponse.begin", "HTTPConnection.putheader"} <= changed
    assert surface().keys() == before.keys()
    fasthttp.uninstall()
    assert surface() == before


def test_twice_is_once(fasthttp: Any) -> None:
    before = surface()
    fasthttp.install()
    once = surface()
    fasthttp.install()
    assert surface() == once
    fasthttp.uninstall()
    assert surface() == before
    fasthttp.uninstall()
    assert surface() == before


def test_for_a_stretch_of_code(fasthttp: Any) -> None:
    with fasthttp.installed_for():
        assert fasthttp.installed()
        with fasthttp.installed_for():
            assert fasthttp.installed()
        assert fasthttp.installed()
    assert not fasthttp.installed()
    with pytest.raises(ZeroDivisionError), fasthttp.installed_for():
        raise ZeroDivisionError
    assert not fasthttp.installed()


@pytest.mark.parametrize("at", ["request", "getresponse", "read", "rest"])
def test_midway_through_an_exchange(
    fasthttp: Any, script: Script, connection: Any, at: str
) -> None:
    """Put in at one step, and taken out at any other, nothing is lost or read twice."""
    script.answers(_ANSWER)

    def switch(step: str) -> None:
        if step == at:
            (fasthttp.uninstall if fasthttp.installed() else fasthttp.install)()

    for _ in range(2):
        switch("request")
        connection.request("GET", "/")
        switch("getresponse")
        response = connection.getresponse()
        switch("read")
        start = response.read(2)
        switch("rest")
        assert start + response.read() == b"hello"
        script.says(_ANSWER)


def test_in_many_threads(fasthttp: Any) -> None:
    """Some install and uninstall, others exchange; nobody sees a half of it."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def switch() -> None:
        while not stop.is_set():
            fasthttp.install()
            fasthttp.uninstall()

    def exchange() -> None:
        try:
            with Script() as script:
                script.answers(_ANSWER)
                connection = script.connection(http.client)
                for _ in range(150):
                    connection.request("POST", "/", b"body", {"A": "b"})
                    assert connection.getresponse().read() == b"hello"
                    script.says(_ANSWER)
        except BaseException as error:
            failures.append(error)

    switchers = [threading.Thread(target=switch) for _ in range(2)]
    workers = [threading.Thread(target=exchange) for _ in range(4)]
    for thread in switchers + workers:
        thread.start()
    for thread in workers:
        thread.join()
    stop.set()
    for thread in switchers:
        thread.join()
    assert not failures
