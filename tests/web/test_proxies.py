"""What proxies' URLs and the environment say, and what is said to a SOCKS proxy."""

from __future__ import annotations

import base64
import os
import random
import urllib.request
from typing import Any

import pytest

from fasthttp._web import proxies, socks


def _parts(url: str) -> tuple[Any, ...]:
    proxy = proxies.parse(url)
    return proxy.scheme, proxy.name, proxy.port, proxy.user, proxy.password


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://proxy", ("http", "proxy", 80, None, b"")),
        ("http://proxy/", ("http", "proxy", 80, None, b"")),
        (" http://proxy:3128 ", ("http", "proxy", 3128, None, b"")),
        ("proxy:3128", ("http", "proxy", 3128, None, b"")),
        ("HTTPS://Proxy", ("https", "proxy", 443, None, b"")),
        ("http://[::1]:8080", ("http", "::1", 8080, None, b"")),
        ("http://b\u00fccher.test:1", ("http", "xn--bcher-kva.test", 1, None, b"")),
        ("http://me:word@proxy:1", ("http", "proxy", 1, b"me", b"word")),
        ("http://me@proxy:1", ("http", "proxy", 1, b"me", b"")),
        ("http://:word@proxy:1", ("http", "proxy", 1, b"", b"word")),
        ("http://@proxy:1", ("http", "proxy", 1, None, b"")),
        ("http://m%40e:w%3Ao%0Ard%C3%A9@proxy:1", ("http", "proxy", 1, b"m@e", b"w:o\nrd\xc3\xa9")),
        ("http://me:a@b:c@proxy:1", ("http", "proxy", 1, b"me", b"a@b:c")),
        ("me:word@proxy:1", ("http", "proxy", 1, b"me", b"word")),
        ("socks5://proxy", ("socks5", "proxy", 1080, None, b"")),
        ("socks5h://me:word@127.0.0.1:9050", ("socks5h", "127.0.0.1", 9050, b"me", b"word")),
        ("socks4a://me@proxy", ("socks4a", "proxy", 1080, b"me", b"")),
    ],
)
def test_parse(url: str, parts: tuple[Any, ...]) -> None:
    assert _parts(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http://me:secret@",
        "http://me:secret@:80",
        "http://me:secret@proxy:0",
        "http://me:secret@proxy:65536",
        "http://me:secret@proxy:eighty",
        "http://me:secret@proxy/path",
        "http://me:secret@proxy?query",
        "http://me:secret@pro xy",
        "http://me:secret@proxy\r\nX: y",
        "http://me:secret@[::1",
        "http://m%3Ae:secret@proxy",
        "ftp://me:secret@proxy",
        "socks://me:secret@proxy",
        "socks4://me:secret@proxy",
        "socks4://me%00secret@proxy",
        "socks5://:secret@proxy",
        "socks5://me:" + "secret" * 43 + "@proxy",
        "http://me:secret@" + "\u00fc" * 80,
    ],
)
def test_what_is_no_proxy(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        proxies.parse(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("given", [None, 1, b"http://proxy", [b"http://proxy"]])
def test_a_proxy_is_a_str(given: Any) -> None:
    with pytest.raises(TypeError):
        proxies.from_urls(given)


def test_an_empty_list_is_an_error() -> None:
    with pytest.raises(ValueError, match="None"):
        proxies.from_urls([])


def test_credentials_are_in_authorization_and_not_in_the_text() -> None:
    proxy = proxies.parse("http://m%40e:w%3Ard@proxy:1")
    assert proxy.authorization == "Basic " + base64.b64encode(b"m@e:w:rd").decode()
    assert repr(proxy) == str(proxy) == "http://proxy:1"
    assert repr(proxies.parse("socks5h://me:word@[::1]")) == "socks5h://[::1]:1080"
    assert proxies.parse("socks5h://me:word@[::1]").authorization is None


def test_a_list_is_taken_in_turn() -> None:
    routes = proxies.from_urls(["http://a", "http://b", "socks5://c"])
    found = routes.proxies_for("http", "one.test", 80)
    assert [routes.next(found).name for _ in range(7)] == ["a", "b", "c", "a", "b", "c", "a"]
    other = routes.proxies_for("https", "two.test", 443)
    assert routes.next(other).name == "b"


def test_one_that_could_not_be_reached_is_left_out_for_a_while() -> None:
    routes = proxies.from_urls(["http://a", "http://b"])
    found = routes.proxies_for("http", "one.test", 80)
    routes.avoid(found[0], 100.0)
    assert {routes.next(found, 100.0 + seconds).name for seconds in range(5)} == {"b"}
    assert {routes.next(found, 105.0).name for _ in range(4)} == {"a", "b"}
    routes.avoid(found[0], 200.0)
    routes.avoid(found[1], 200.0)
    assert {routes.next(found, 201.0).name for _ in range(4)} == {"a", "b"}


ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"http_proxy": "http://a:1"},
    {"HTTP_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2"},
    {"HTTP_PROXY": "http://a:1", "http_proxy": "http://b:2"},
    {"http_proxy": "http://b:2", "HTTP_PROXY": "http://a:1"},
    {"HTTP_PROXY": "http://a:1", "http_proxy": ""},
    {"Http_Proxy": "http://a:1"},
    {"HTTP_proxy": "http://a:1", "REQUEST_METHOD": "GET"},
    {"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"},
    {"http_proxy": "http://a:1", "HTTP_PROXY": "http://b:2", "REQUEST_METHOD": "GET"},
    {"HTTPS_PROXY": "http://a:1", "REQUEST_METHOD": "GET"},
    {"https_proxy": "b:2", "NO_PROXY": "x", "no_proxy": "y"},
    {"_proxy": "http://a:1", "xhttp_proxy": "http://a:1", "http-proxy": "http://a:1"},
]


@pytest.mark.parametrize("environ", ENVIRONMENTS)
def test_the_environment_is_read_as_urllib_reads_it(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", environ)
    wanted = urllib.request.getproxies_environment()  # type: ignore[attr-defined]
    routes = proxies.from_environment(environ)
    for scheme in ("http", "https"):
        found = routes.proxies_for(scheme, "host.test", 80) if routes is not None else ()
        assert [repr(each) for each in found] == (
            [repr(proxies.parse(wanted[scheme]))] if scheme in wanted else []
        )


def test_all_proxy_is_for_what_has_none_of_its_own() -> None:
    routes = proxies.from_environment({"ALL_PROXY": "socks5h://a:1", "https_proxy": "http://b:2"})
    assert routes is not None
    assert [each.name for each in routes.proxies_for("http", "host.test", 80)] == ["a"]
    assert [each.name for each in routes.proxies_for("https", "host.test", 443)] == ["b"]


@pytest.mark.parametrize(
    ("no_proxy", "name", "port"),
    [
        ("*", "host.test", 80),
        ("host.test", "host.test", 80),
        ("HOST.test", "host.test", 80),
        ("host.test", "Host.Test", 80),
        (".test", "host.test", 80),
        ("test", "host.test", 80),
        ("other, host.test", "host.test", 8080),
        ("host.test:8080", "host.test", 8080),
        ("host.test:8080", "host.test", 80),
        ("ost.test", "host.test", 80),
        ("host.test", "xhost.test", 80),
        ("127.0.0.1", "127.0.0.1", 80),
        ("[::1]", "::1", 80),
        ("", "host.test", 80),
        (",", "host.test", 80),
    ],
)
def test_no_proxy_is_read_as_urllib_reads_it(no_proxy: str, name: str, port: int) -> None:
    routes = proxies.from_environment({"http_proxy": "http://a:1", "no_proxy": no_proxy})
    assert routes is not None
    netloc = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    bypass = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    is_direct = bool(bypass(netloc, {"no": no_proxy}))
    assert (routes.proxies_for("http", name, port) == ()) is is_direct


def test_no_proxy_takes_an_address_without_brackets() -> None:
    routes = proxies.from_environment({"http_proxy": "http://a:1", "no_proxy": "::1"})
    assert routes is not None
    assert routes.proxies_for("http", "::1", 80) == ()
    assert routes.proxies_for("http", "::2", 80)


def test_an_error_of_the_environment_names_its_variable() -> None:
    with pytest.raises(ValueError, match="https_proxy") as caught:
        proxies.from_environment({"HTTPS_PROXY": "gopher://me:secret@a:1"})
    assert "secret" not in str(caught.value)


# ------------------------------------------------------------------------------ SOCKS


def _talk(url: str, host: str, port: int, *answers: bytes) -> list[bytes]:
    """Return what is said to a proxy that answers so; each answer has the size that is wanted."""
    steps = socks.steps(proxies.parse(url), host, port)
    out, wanted = next(steps)
    said = [out]
    for answer in answers:
        assert len(answer) == wanted
        try:
            out, wanted = steps.send(answer)
        except StopIteration:
            assert answer is answers[-1]
            return said
        said.append(out)
    raise AssertionError("the proxy is to say more")


def test_socks_5() -> None:
    said = _talk("socks5h://p", "a.test", 443, b"\5\0", b"\5\0\0\1", bytes(6))
    assert said == [b"\5\1\0", b"\5\1\0\3\6a.test\1\xbb", b""]
    said = _talk("socks5://p", "1.2.3.4", 80, b"\5\0", b"\5\0\0\4", bytes(18))
    assert said[1] == b"\5\1\0\1\1\2\3\4\0\x50"
    said = _talk("socks5://p", "::1", 80, b"\5\0", b"\5\0\0\3", b"\5", bytes(7))
    assert said[1] == b"\5\1\0\4" + bytes(15) + b"\1\0\x50"


def test_socks_5_with_a_password() -> None:
    url = "socks5h://me:w%3Ard@p"
    said = _talk(url, "a", 80, b"\5\2", b"\1\0", b"\5\0\0\1", bytes(6))
    assert said[:2] == [b"\5\2\0\2", b"\1\2me\4w:rd"]
    said = _talk(url, "a", 80, b"\5\0", b"\5\0\0\1", bytes(6))
    assert said == [b"\5\2\0\2", b"\5\1\0\3\1a\0\x50", b""]  # nobody has asked for it


def test_socks_4() -> None:
    assert _talk("socks4://me@p", "1.2.3.4", 80, b"\0\x5a" + bytes(6)) == [
        b"\4\1\0\x50\1\2\3\4me\0"
    ]
    assert _talk("socks4a://p", "a.test", 443, b"\0\x5a" + bytes(6)) == [
        b"\4\1\1\xbb\0\0\0\1\0a.test\0"
    ]


@pytest.mark.parametrize(
    ("url", "host", "answers", "text"),
    [
        ("socks5://p", "a", [b"\5\xff"], "not known"),
        ("socks5://p", "a", [b"\5\2"], "wants a name and a password"),
        ("socks5://p", "a", [b"HT"], "not SOCKS"),
        ("socks5://me:secret@p", "a", [b"\5\2", b"\1\1"], "neither"),
        ("socks5://me:secret@p", "a", [b"\5\2", b"\5\0"], "not SOCKS"),
        ("socks5://p", "a", [b"\5\0", b"\5\5\0\1"], "connection refused"),
        ("socks5://p", "a", [b"\5\0", b"\5\x63\0\1"], "code 99"),
        ("socks5://p", "a", [b"\5\0", b"\5\0\0\2"], "not SOCKS"),
        ("socks5://p", "a", [b"\5\0", b"\4\0\0\1"], "not SOCKS"),
        ("socks5h://p", "a" * 256, [b"\5\0"], "255"),
        ("socks4a://p", "a", [b"\0\x5b" + bytes(6)], "rejected"),
        ("socks4a://p", "a", [b"\0\0" + bytes(6)], "code 0"),
        ("socks4a://p", "a", [b"HTTP/1.1"], "not SOCKS"),
        ("socks4://p", "a", [], "socks4a"),
        ("socks4://p", "::1", [], "IPv6"),
    ],
)
def test_socks_that_fails(url: str, host: str, answers: list[bytes], text: str) -> None:
    with pytest.raises(OSError, match=text) as caught:
        _talk(url, host, 80, *answers)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["socks5", "socks4a"])
def test_socks_takes_any_bytes_for_an_end_or_an_error(scheme: str) -> None:
    dice = random.Random(scheme)
    ends = 0
    for _ in range(3000):
        steps = socks.steps(proxies.parse(f"{scheme}://me@p"), "a.test", 80)
        try:
            _, wanted = next(steps)
            for _ in range(10):
                # Mostly the bytes that lead on.
                data = bytes(dice.choice((0, 0, 1, 2, 3, 5, 90, 255)) for _ in range(wanted))
                _, wanted = steps.send(data)
                assert 0 < wanted < 300
            raise AssertionError("the proxy is listened to for ever")
        except StopIteration:
            ends += 1
        except OSError as error:
            assert len(str(error)) < 200
    assert ends
