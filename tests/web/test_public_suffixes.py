"""Which names are public suffixes: by the packages that know the list, and by the simple rule."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator

import pytest

from fasthttp._web import public_suffixes
from fasthttp._web.cookies import Cookies

_RULES = {"publicsuffixlist": True, "tldextract": True, "": False}


@pytest.fixture(params=list(_RULES))
def knows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """Only this package is there; whether it knows the list. None asks the network."""
    if request.param:
        pytest.importorskip(request.param)
    real = importlib.import_module

    def only(name: str, package: str | None = None) -> object:
        if name in _RULES and name != request.param:
            raise ImportError(name)
        return real(name, package)

    def refuse(*given: object) -> None:
        raise AssertionError("the network is asked")

    monkeypatch.setattr(public_suffixes.importlib, "import_module", only)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    public_suffixes._rule.cache_clear()
    yield _RULES[request.param]
    public_suffixes._rule.cache_clear()


def test_suffixes(knows: bool) -> None:
    for name in ("com", "uk", "localhost", "co.uk", "com.br", "co.jp", "com.au", "com.", "co.uk."):
        assert public_suffixes.is_public_suffix(name), name
    for name in ("example.com", "example.co.uk", "a.co.uk", "bbc.uk", "www.com.br", "com.com"):
        assert not public_suffixes.is_public_suffix(name), name
    assert public_suffixes.is_public_suffix("github.io") is knows


def test_cookies_for_all_below_a_suffix_are_refused(knows: bool) -> None:
    jar = Cookies()
    jar.store(["a=b; Domain=co.uk"], True, "shop.co.uk", "/", 0.0)
    assert len(jar) == 0
    jar.store(["a=b; Domain=co.uk"], True, "co.uk", "/", 0.0)
    assert jar.header(True, "co.uk", "/", 0.0) == "a=b"
    assert jar.header(True, "shop.co.uk", "/", 0.0) == ""
    jar.store(["a=b; Domain=github.io"], True, "x.github.io", "/", 0.0)
    assert jar.header(True, "y.github.io", "/", 0.0) == ("" if knows else "a=b")


def test_the_first_package_that_is_there_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def none(name: str, package: str | None = None) -> object:
        asked.append(name)
        raise ImportError(name)

    monkeypatch.setattr(public_suffixes.importlib, "import_module", none)
    public_suffixes._rule.cache_clear()
    try:
        assert public_suffixes.is_public_suffix("co.uk")
        assert public_suffixes.is_public_suffix("com.br")
        assert asked == ["publicsuffixlist", "tldextract"]
    finally:
        public_suffixes._rule.cache_clear()
