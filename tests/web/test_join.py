"""Where a Location leads."""

from __future__ import annotations

from http.client import InvalidURL

import pytest

from fasthttp._web.urls import join, parse

# RFC 3986 5.4, where what browsers do and what the RFC says is the same.
RFC_3986 = [
    ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d;p?y"),
    ("g?y", "/b/c/g?y"), ("#s", "/b/c/d;p?q#s"), ("g#s", "/b/c/g#s"), ("g?y#s", "/b/c/g?y#s"),
    (";x", "/b/c/;x"), ("g;x", "/b/c/g;x"), ("g;x?y#s", "/b/c/g;x?y#s"), ("", "/b/c/d;p?q"),
    (".", "/b/c/"), ("./", "/b/c/"), ("..", "/b/"), ("../", "/b/"), ("../g", "/b/g"),
    ("../..", "/"), ("../../", "/"), ("../../g", "/g"),
    ("../../../g", "/g"), ("../../../../g", "/g"), ("/./g", "/g"), ("/../g", "/g"),
    ("g.", "/b/c/g."), (".g", "/b/c/.g"), ("g..", "/b/c/g.."), ("..g", "/b/c/..g"),
    ("./../g", "/b/g"), ("./g/.", "/b/c/g/"), ("g/./h", "/b/c/g/h"), ("g/../h", "/b/c/h"),
    ("g;x=1/./y", "/b/c/g;x=1/y"), ("g;x=1/../y", "/b/c/y"),
    ("g?y/./x", "/b/c/g?y/./x"), ("g?y/../x", "/b/c/g?y/../x"),
    ("g#s/./x", "/b/c/g#s/./x"), ("g#s/../x", "/b/c/g#s/../x"),
    ("http:g", "/b/c/g"),  # 5.4.2: what is not strict
]  # fmt: skip


@pytest.mark.parametrize(("reference", "wanted"), RFC_3986)
def test_rfc_3986(reference: str, wanted: str) -> None:
    assert join("http://a/b/c/d;p?q", reference) == "http://a" + wanted


def test_rfc_3986_with_another_host() -> None:
    assert join("http://a/b/c/d;p?q", "//g") == "http://g/"
    with pytest.raises(InvalidURL):
        join("http://a/b/c/d;p?q", "g:h")


# Values of WHATWG's url/urltestdata.json.
@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ("http://user:pass@foo:21/bar;par?b#c", "http://user:pass@foo:21/bar;par?b#c"),
        ("http:foo.com", "http://example.org/foo/foo.com"),
        ("\t   foo.com  \n", "http://example.org/foo/foo.com"),
        (" foo.com  ", "http://example.org/foo/foo.com"),
        ("http://f:21/ b ? d # e ", "http://f:21/%20b%20?%20d%20#%20e"),
        ("http://f:/c", "http://f/c"),
        ("http://f:00000080/c", None),
        ("http://f:b/c", None),
        ("http://f: /c", None),
        ("http://f:fifty-two/c", None),
        ("http://f:65536/c", None),
        ("  ", "http://example.org/foo/bar"),
        ("/foo/bar", "http://example.org/foo/bar"),
        (".//", "http://example.org/foo//"),
        ("//foo/bar", "http://foo/bar"),
        ("http:///x/y", "http://x/y"),
        ("///x/y", "http://x/y"),
        ("////x//y", "http://x//y"),
        ("\\x", "http://example.org/x"),
        ("\\\\x\\hello", "http://x/hello"),
        ("/\\x\\y", "http://x/y"),
        ("http:\\\\x:\\", "http://x/"),
        ("http:\\\\x", "http://x/"),
        ("http:/\\x", "http://x/"),
        ("http:x\\y?z\\w#v\\u", "http://example.org/foo/x/y?z\\w#v\\u"),
        ("http:/example.com/", "http://example.org/example.com/"),
        ("http:example.com/", "http://example.org/foo/example.com/"),
        ("https:/example.com/", "https://example.com/"),
        ("https:example.com/", "https://example.com/"),
        ("https:///example.com/", "https://example.com/"),
        ("HTTPS://EXAMPLE.com/../x", "https://example.com/x"),
        ("http://h.test\\@other.test/", "http://h.test/@other.test/"),
        ("http://a@b@c/x", "http://a%40b@c/x"),
        ("http://example.com/foo/%2e", "http://example.com/foo/"),
        ("http://example.com/foo/%2e%2E/%2e%2e/.%2e/%2e.bar", "http://example.com/%2e.bar"),
        ("http://example.com////../..", "http://example.com//"),
        ("http://example.com/foo/bar//../..", "http://example.com/foo/"),
        ("http://example.com/foo/bar//..", "http://example.com/foo/bar/"),
        ("http://example.com/foo", "http://example.com/foo"),
        ("http://example.com/%20foo", "http://example.com/%20foo"),
        ("http://example.com/foo%", "http://example.com/foo%"),
        ("http://example.com/foo%2zbar", "http://example.com/foo%2zbar"),
        ("http://example.com/foo?bar", "http://example.com/foo?bar"),
        ("?", "http://example.org/foo/bar?"),
        ("#", "http://example.org/foo/bar#"),
        ("?#", "http://example.org/foo/bar?#"),
        ("http://[1::2]:3/x", "http://[1::2]:3/x"),
        ("http://[::127.0.0.1]/", "http://[::7f00:1]/"),
        ("http://2001::1", None),
        ("http://[www.google.com]/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("ftp://example.com/", None),
        ("mailto:x@y", None),
        ("about:blank", None),
        ("//", None),
        ("http://", None),
        ("https:", None),
        ("//:80/x", None),
        ("//user@/x", None),
    ],
    ids=ascii,
)
def test_what_browsers_make_of_it(reference: str, wanted: str | None) -> None:
    if wanted is None:
        with pytest.raises(InvalidURL):
            join("http://example.org/foo/bar", reference)
    else:
        assert join("http://example.org/foo/bar", reference) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"/caf\xc3\xa9", "/caf%C3%A9"),
        (b"/caf\xe9", "/caf%E9"),  # its bytes are no UTF-8, and stay what they are
        (b"/\xc3\xa9\xe9", "/%C3%A9%E9"),
        (b"/\xe2\x82\xac?\xe2\x82\xac#\xe2\x82\xac", "/%E2%82%AC?%E2%82%AC#%E2%82%AC"),
        (b"/a b?c d#e f", "/a%20b?c%20d#e%20f"),
        (b"/%C3%A9", "/%C3%A9"),
    ],
)
def test_a_location_is_bytes(raw: bytes, wanted: str) -> None:
    assert join("http://h.test/x", raw.decode("latin-1")) == "http://h.test" + wanted


def test_a_host_of_a_location_is_utf_8() -> None:
    given = "//b\u00fccher.test/\u00fc".encode().decode("latin-1")
    assert join("http://h.test/", given) == "http://xn--bcher-kva.test/%C3%BC"
    assert join("http://h.test/", "//\u65e5\u672c.test/") == "http://xn--wgv71a.test/"
    with pytest.raises(InvalidURL):
        join("http://h.test/", b"//b\xfccher.test/".decode("latin-1"))


@pytest.mark.parametrize(
    ("base", "reference", "wanted"),
    [
        ("http://h/a#old", "/b", "http://h/b#old"),
        ("http://h/a#old", "/b#new", "http://h/b#new"),
        ("http://h/a#old", "/b#", "http://h/b#"),
        ("http://h/a#", "/b", "http://h/b#"),
        ("http://h/a#old", "https://g/b", "https://g/b#old"),
        ("http://h/a#old", "", "http://h/a#old"),
        ("http://h/a#o l\u00e9", "/b", "http://h/b#o%20l%C3%A9"),
    ],
    ids=ascii,
)
def test_the_fragment_stays(base: str, reference: str, wanted: str) -> None:
    """RFC 9110 10.2.2, with its example."""
    assert join(base, reference) == wanted


def test_name_and_password_stay_where_no_host_is_named() -> None:
    assert join("http://n:p@h/a", "b") == "http://n:p@h/b"
    assert join("http://n:p@h/a", "//h/b") == "http://h/b"
    assert join("http://n:p@h/a", "http://g/b") == "http://g/b"
    assert join("http://n\u00e4 me:p@h/a", "b") == "http://n%C3%A4%20me:p@h/b"


def test_what_is_pasted_is_a_base_too() -> None:
    assert join(" HTTP://H.test:80?q ", "x y") == "http://h.test/x%20y"
    assert join("http://h.test?q", "?r") == "http://h.test/?r"
    assert join("https://[FE80::1%eth0]:444/a", "b") == "https://[fe80::1%25eth0]:444/b"
    with pytest.raises(InvalidURL):
        join("h.test", "/x")


@pytest.mark.full(any=("reference",))
@pytest.mark.parametrize("control", [chr(code) for code in (*range(32), 127)], ids=ascii)
@pytest.mark.parametrize(
    "reference", ["/a{}b", "//h{}t/x", "//n{}:p@h/", "?a{}b", "#a{}b", "http:{}x"]
)
def test_what_could_end_a_line_is_refused(reference: str, control: str) -> None:
    with pytest.raises(InvalidURL):
        join("http://h.test/", reference.format(control))


def test_a_location_that_is_joined_is_at_its_end() -> None:
    for reference, _ in RFC_3986:
        made = join("http://a/b/c/d;p?q#f", reference)
        assert join(made, "") == made == join("https://other.test/", made)
        assert parse(made).origin == "http://a"


@pytest.mark.parametrize("reference", ["", "#", "?q", "."])
def test_a_backslash_in_the_path_of_the_base_is_a_slash(reference: str) -> None:
    """As in a Location: what comes out leads to itself."""
    made = join("http://h.test/a\\b\\", reference)
    assert "\\" not in made
    assert join(made, made) == made
