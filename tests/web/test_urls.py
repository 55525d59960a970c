"""What a URL means."""

from __future__ import annotations

import base64
import sys
from http.client import InvalidURL
from typing import Any

import pytest

from fasthttp._web import urls
from fasthttp._web.urls import Url, parse, quote_target, shown, split

HAS_IDNA = urls._find_idna() is not None


@pytest.fixture(params=["idna", "stdlib"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The package `idna`, and the stdlib where that is not there."""
    name: str = request.param
    if name == "stdlib":
        monkeypatch.setattr(urls, "_find_idna", lambda: None)
    elif not HAS_IDNA:
        pytest.skip("idna is not installed")
    return name


@pytest.mark.parametrize(
    ("url", "origin", "target", "fragment"),
    [
        ("http://h.test", "http://h.test", "/", None),
        ("http://h.test/", "http://h.test", "/", None),
        ("  http://h.test/a  ", "http://h.test", "/a", None),
        ("HTTP://H.Test/A", "http://h.test", "/A", None),
        ("https://h.test:443/", "https://h.test", "/", None),
        ("http://h.test:443/", "http://h.test:443", "/", None),
        ("https://h.test:80/", "https://h.test:80", "/", None),
        ("http://h.test:/", "http://h.test", "/", None),
        ("http://h.test:00080/", "http://h.test", "/", None),
        ("http://h.test?q=/1", "http://h.test", "/?q=/1", None),
        ("http://h.test#/a", "http://h.test", "/", "/a"),
        ("http://h.test/#", "http://h.test", "/", ""),
        ("http://h.test/a?b#c?d#e", "http://h.test", "/a?b", "c?d#e"),
        ("http://h.test//a//b", "http://h.test", "//a//b", None),
        ("http://h.test/a/../b/./c", "http://h.test", "/a/../b/./c", None),
        ("http://h.test/a@b:c", "http://h.test", "/a@b:c", None),
        ("http://h.test/a b?c d#e f", "http://h.test", "/a%20b?c%20d", "e%20f"),
        ("http://h.test/\u00e9?\u20ac", "http://h.test", "/%C3%A9?%E2%82%AC", None),
        ("http://h.test/\U0001f600", "http://h.test", "/%F0%9F%98%80", None),
        ("http://h.test/%20%e9%zz%", "http://h.test", "/%20%e9%zz%", None),
        ("http://h.test/%0d%0a", "http://h.test", "/%0d%0a", None),
        ("http://h.test/\u2028\u0085\u00a0", "http://h.test", "/%E2%80%A8%C2%85%C2%A0", None),
        ("http://h.test/\"<>^`{|}'", "http://h.test", "/\"<>^`{|}'", None),
        ("http://h_1.test/", "http://h_1.test", "/", None),
        ("http://h.test./", "http://h.test.", "/", None),
        ("http://ex%41mple.test/", "http://example.test", "/", None),
        ("http://@h.test/", "http://h.test", "/", None),
        ("http://:@h.test/", "http://h.test", "/", None),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "/", None),
        ("http://[::1]", "http://[::1]", "/", None),
        ("http://[::1]:81/a", "http://[::1]:81", "/a", None),
        ("http://[0:0::0:1]/", "http://[::1]", "/", None),
        ("http://[2001:DB8::A]/", "http://[2001:db8::a]", "/", None),
        ("http://[::ffff:1.2.3.4]/", "http://[::ffff:102:304]", "/", None),
    ],
    ids=ascii,
)
def test_parts(url: str, origin: str, target: str, fragment: str | None) -> None:
    found = parse(url)
    assert (found.origin, found.target, found.fragment) == (origin, target, fragment)
    assert found.authorization is None
    again = parse(found.origin + found.target)
    assert again == found._replace(fragment=None)


def test_all_parts_of_one() -> None:
    assert parse("https://n:p@H.test:8443/a?b#c") == Url(
        "https", "h.test", 8443, "https://h.test:8443", "/a?b", "c", "Basic bjpw"
    )
    assert split("https://n:p@H.test:8443/a b#c") == ("https://n:p@H.test:8443", "/a%20b", "c")


@pytest.mark.parametrize(
    ("url", "name", "origin"),
    [
        ("http://[fe80::1%25eth0]/", "fe80::1%eth0", "http://[fe80::1%25eth0]"),  # RFC 6874
        ("http://[fe80::1%eth0]/", "fe80::1%eth0", "http://[fe80::1%25eth0]"),
        ("http://[FE80::1%Eth0]:81/", "fe80::1%Eth0", "http://[fe80::1%25Eth0]:81"),
        ("http://[fe80::1%25]/", "fe80::1%25", "http://[fe80::1%2525]"),
        ("http://[fe80::1%2525]/", "fe80::1%25", "http://[fe80::1%2525]"),
        ("http://[fe80::1%2]/", "fe80::1%2", "http://[fe80::1%252]"),
    ],
)
def test_zones(url: str, name: str, origin: str) -> None:
    found = parse(url)
    assert (found.name, found.origin) == (name, origin)
    assert parse(origin).name == name


# The values of WHATWG's url/toascii.json and url/urltestdata.json, and RFC 3492's and UTS 46's.
@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [
        ("b\u00fccher.test", "xn--bcher-kva.test"),
        ("B\u00dcCHER.test", "xn--bcher-kva.test"),
        ("bu\u0308cher.test", "xn--bcher-kva.test"),
        ("\u4f60\u597d\u4f60\u597d", "xn--6qqa088eba"),
        ("\u65e5\u672c\u8a9e\u3002\uff2a\uff30", "xn--wgv71a119e.jp"),
        ("\uff27\uff4f.com", "go.com"),
        ("%EF%BC%A7%EF%BD%8F.com", "go.com"),
        ("b%C3%BCcher.test", "xn--bcher-kva.test"),
        ("a.b.c.xn--bcher-kva.\u00e4", "a.b.c.xn--bcher-kva.xn--4ca"),
        ("\u00e4.test.", "xn--4ca.test."),
        ("a\u00adb.test", "ab.test"),
    ],
    ids=ascii,
)
def test_names_that_are_not_ascii(way: str, name: str, ascii_name: str) -> None:
    assert parse(f"http://{name}/").name == ascii_name


@pytest.mark.parametrize(
    ("name", "by_uts_46", "by_stdlib"),
    [
        ("fa\u00df.de", "xn--fa-hia.de", "fass.de"),
        ("\u03b2\u03cc\u03bb\u03bf\u03c2.com", "xn--nxasmm1c.com", "xn--nxasmq6b.com"),
        ("\U0001f4a9.la", "xn--ls8h.la", "xn--ls8h.la"),
        ("a_b.\u00e4.test", "a_b.xn--4ca.test", "a_b.xn--4ca.test"),
    ],
    ids=ascii,
)
def test_where_the_ways_differ(way: str, name: str, by_uts_46: str, by_stdlib: str) -> None:
    assert parse(f"http://{name}/").name == (by_uts_46 if way == "idna" else by_stdlib)


@pytest.mark.parametrize(
    "name",
    [
        "h\u2100.test",  # a/c
        "h\uff0f.test",
        "h\uff05.test",
        "h\uff20.test",
        "\u00e4..test",
        "..\u00e4",
        "\u00e4" + "a" * 63,
        "a" * 64 + "\u00e4.test",
        "\ufdd0zyx.com",
        "%ef%b7%90zyx.com",
        "%e9.test",
        "h%00.test",
        "h%2f.test",
        "h%20.test",
        "h%25.test",
        "h%0a.test",
        "h%0a\u200d.test",  # found by fuzzing: `idna` asks for the name of what precedes
        "\ud800.test",
        "h\uff1f.test",
    ],
    ids=ascii,
)
def test_names_that_are_none(way: str, name: str) -> None:
    with pytest.raises(InvalidURL):
        parse(f"http://{name}/")


@pytest.mark.skipif(not HAS_IDNA, reason="idna is not installed")
@pytest.mark.parametrize(
    "name", ["a\u200db.test", "a\u200cb.test", "\u0301a.test", "\u05d0a.test"], ids=ascii
)
def test_labels_that_uts_46_refuses(name: str) -> None:
    with pytest.raises(InvalidURL):
        parse(f"http://{name}/")


@pytest.mark.parametrize(
    ("userinfo", "both"),
    [
        ("name:word", b"name:word"),
        ("name", b"name:"),
        ("name:", b"name:"),
        (":word", b":word"),
        ("a:b:c", b"a:b:c"),
        ("a%40b:%3a%2F%20%25", b"a@b::/ %"),
        ("a@b:c@d", b"a@b:c@d"),
        ("n\u00e4me:w\u00f6rd", "n\u00e4me:w\u00f6rd".encode()),
        ("n%C3%A4me:%E9", "n\u00e4me:".encode() + b"\xe9"),
        ("a b:c d", b"a b:c d"),
    ],
    ids=ascii,
)
def test_credentials(userinfo: str, both: bytes) -> None:
    found = parse(f"http://{userinfo}@h.test/x@y")
    assert found.authorization is not None
    scheme, _, encoded = found.authorization.partition(" ")
    assert (scheme, base64.b64decode(encoded)) == ("Basic", both)
    assert (found.origin, found.target) == ("http://h.test", "/x@y")


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "/", "h.test", "h.test/a", "//h.test/a", "h.test:80/a", "http:/h.test/a",
        "http:h.test", "http:", "http://", "http:///", "http:///a/b", "https:///a", "http://?q",
        "http://#a", "http://:80/", "http://@/", "http://n:p@/", "http://h.test@/",
        "ftp://h.test/", "httpx://h.test/", "ws://h.test/", "file:///etc/passwd",
        "javascript://h.test/", "data:text/plain,x", "h.test/http://x/", "http://h.test:0/",
        "http://h.test:65536/", "http://h.test:-1/", "http://h.test:x/", "http://h.test:8_0/",
        "http://h.test:+80/", "http://h.test: 80/", "http://h.test:\u0661/", "http://h.test:1:2/",
        "http://h.test:123456/", "http://h.test\\@other.test/", "http://h.test\\a/",
        "http://n\\:p@h.test/", "http://h test/", "http://h.test /", "http:// h.test/",
        "http://a<b/", "http://a>b/", "http://a^b/", "http://a|b/", 'http://a"b/', "http://a`b/",
        "http://a{b}/", "http://[::1/", "http://::1]/", "http://::1/", "http://[::1]x/",
        "http://x[::1]/", "http://[::g]/", "http://[]/", "http://[1.2.3.4]/", "http://[:::]/",
        "http://[::1%]/", "http://[%eth0]/", "http://[fe80::1%a b]/", "http://[fe80::1%25%0a]/",
        "http://[v1.x]/", "http://[::1:2:3:4:5:6:7:8]/", "http://a%3Ab:c@h.test/",
        "http://\ud800:x@h.test/", "http://h.test/\ud800", "http://h.test/#\udfff",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        parse(url)
    assert len(str(caught.value)) < 300 and str(caught.value).isprintable()


@pytest.mark.full(any=("url",))
@pytest.mark.parametrize("control", [*map(chr, range(32)), "\x7f"], ids=ascii)
@pytest.mark.parametrize(
    "url", ["{}http://h/", "ht{}tp://h/", "http://n{}:p@h/", "http://n:p{}@h/", "http://h{}t/",
            "http://h:8{}0/", "http://h{}", "http://h/a{}b", "http://h/?a{}b", "http://h/#a{}b",
            "http://h/a{}", "http://[fe80::1%{}]/"],
)  # fmt: skip
def test_what_could_end_a_line_is_refused(url: str, control: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        parse(url.format(control))
    assert f"%{ord(control):02X}" in str(caught.value) and control not in str(caught.value)
    with pytest.raises(InvalidURL):
        quote_target("/a" + control)


@pytest.mark.parametrize("given", [None, 1, b"http://h/", ["http://h/"]])
def test_what_is_no_str(given: Any) -> None:
    with pytest.raises(TypeError, match="a URL must be a str, not"):
        parse(given)


@pytest.mark.parametrize("url", ["ftp://n:secret@h/", "http://n:secret@h:x/", "n:secret@h"])
def test_an_error_says_no_password(url: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        parse(url)
    assert "secret" not in str(caught.value)


def test_what_is_shown_has_no_password() -> None:
    assert shown("http://n:p@h/a@b?c@d") == "http://h/a@b?c@d"
    assert shown("//n:p@h/") == "//h/"
    assert shown("http://h/a//b@c") == "http://h/a//b@c"
    assert shown("/a@b") == "/a@b"


def test_without_idna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    assert parse("http://fa\u00df.de/").name == "fass.de"
