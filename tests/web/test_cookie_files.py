"""A jar and `http.cookiejar`: cookies go over both ways, and files too."""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from http.cookiejar import CookieJar, LoadError, LWPCookieJar, MozillaCookieJar
from pathlib import Path

import pytest

from fasthttp._web import cookie_files
from fasthttp._web.cookie_rules import Cookie
from fasthttp._web.cookies import Cookies

#: Files are judged by the stdlib's clock.
LATER = float(int(time.time()) + 86_400)

OURS = [
    Cookie("a", "1", "www.example.com", "/", LATER),
    Cookie("b", 'x y "q" \\ = , \xe9', "example.com", "/p", LATER, host_only=False),
    Cookie("c", "", "example.com", "/p/", LATER, secure=True, http_only=True),
    Cookie("", "nameless", "example.com", "/", LATER),
    Cookie("d", "4", "127.0.0.1", "/", LATER),
    Cookie("e", "5", "::1", "/", LATER),
    Cookie("f", "6", "localhost", "/", LATER),
    Cookie("session", "7", "example.com"),
]


def sent_by_stdlib(jar: CookieJar, url: str) -> str | None:
    request = urllib.request.Request(url)
    jar.add_cookie_header(request)
    return request.get_header("Cookie")


def test_the_standard_library_sends_the_same() -> None:
    jar = Cookies(OURS)
    theirs = jar.to_cookiejar()
    for scheme, host, path in (
        ("http", "www.example.com", "/"),
        ("https", "example.com", "/p/x"),
        ("http", "other.example.com", "/p"),
        ("http", "127.0.0.1", "/"),
        ("http", "localhost", "/"),
        ("http", "badexample.com", "/p"),
    ):
        ours = jar.header(scheme == "https", host, path, time.time())
        got = sent_by_stdlib(theirs, f"{scheme}://{host}{path}") or ""
        assert sorted(ours.split("; ")) == sorted(got.split("; ")), (host, path)


def test_spellings_of_flags() -> None:
    for http_only, same_site in (("httponly", "samesite"), ("HttpOnly", "SameSite")):
        cookie = cookie_files.to_stdlib(Cookie("a", "b", "example.com"))
        cookie.set_nonstandard_attr(http_only, None)
        cookie.set_nonstandard_attr(same_site, "LAX")
        jar = CookieJar()
        jar.set_cookie(cookie)
        assert list(Cookies(jar)) == [
            Cookie("a", "b", "example.com", http_only=True, same_site="Lax")
        ]


def test_there_and_back() -> None:
    assert set(Cookies(Cookies(OURS).to_cookiejar())) == set(OURS)


def test_what_is_not_the_same_there() -> None:
    jar = Cookies(
        [Cookie("a", "1", "intranet"), Cookie("b", "2", "example.com", expires=LATER + 0.7)]
    )
    back = Cookies(jar.to_cookiejar())
    assert {cookie.domain for cookie in back} == {"intranet.local", "example.com"}
    assert back.get("a", "intranet.local") == "1"
    assert {cookie.expires for cookie in back} == {None, LATER}


def test_cookies_that_cannot_come_here() -> None:
    jar = CookieJar()
    for name, value, domain, port in (
        ("port", "1", "example.com", "80"),
        ("nowhere", "1", "", None),
        ("line", "1\r\nX: y", "example.com", None),
        ("more", "1; other=2", "example.com", None),
        ("wide", "\u0100", "example.com", None),
        ("kept", "1", "example.com", None),
    ):
        cookie = cookie_files.to_stdlib(Cookie(name, value, "example.com"))
        cookie.domain, cookie.port = domain, port
        jar.set_cookie(cookie)
    assert [cookie.name for cookie in Cookies(jar)] == ["kept"]


@pytest.mark.parametrize("lwp", [False, True])
def test_a_file_comes_back(tmp_path: Path, lwp: bool) -> None:
    path = tmp_path / "cookies.txt"
    path.write_text("what was there before")
    jar = Cookies(OURS)
    jar.save(path, lwp=lwp)
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["cookies.txt"]
    back = Cookies()
    back.load(path)
    assert set(back) == {cookie for cookie in OURS if cookie.expires is not None}
    jar.save(path, lwp=lwp, ignore_discard=True)
    back = Cookies()
    back.load(path)
    assert back.get("session", "example.com") is None
    back.load(path, ignore_discard=True)
    assert set(back) == set(OURS)


@pytest.mark.parametrize("kind", [MozillaCookieJar, LWPCookieJar])
def test_files_of_the_standard_library(
    tmp_path: Path, kind: type[MozillaCookieJar | LWPCookieJar]
) -> None:
    path = str(tmp_path / "cookies.txt")
    theirs = kind(path)
    for cookie in Cookies(OURS).to_cookiejar():
        theirs.set_cookie(cookie)
    theirs.save(ignore_discard=True)
    ours = Cookies()
    ours.load(path, ignore_discard=True)
    assert set(ours) == set(OURS)
    ours.save(path, lwp=kind is LWPCookieJar, ignore_discard=True)
    again = kind(path)
    again.load(ignore_discard=True)
    assert sorted(map(str, again)) == sorted(map(str, theirs))


def test_a_file_of_curl(tmp_path: Path) -> None:
    path = tmp_path / "cookies.txt"
    path.write_text(
        "# Netscape HTTP Cookie File\n# https://curl.se/docs/http-cookies.html\n\n"
        f".example.com\tTRUE\t/\tTRUE\t{int(LATER)}\ta\t1\n"
        f"#HttpOnly_example.com\tFALSE\t/x\tFALSE\t{int(LATER)}\tb\t2\n"
    )
    jar = Cookies()
    jar.load(path)
    assert set(jar) == {
        Cookie("a", "1", "example.com", "/", LATER, secure=True, host_only=False),
        Cookie("b", "2", "example.com", "/x", LATER, http_only=True),
    }


@pytest.mark.parametrize("lwp", [False, True])
def test_what_would_spoil_a_file_is_left_out(tmp_path: Path, lwp: bool) -> None:
    path = tmp_path / "cookies.txt"
    fields = ["tab=a\tb", "a\tb=c", "x,y=1", 'q"q=1', "two words=1", "p=1; Path=/a\tb", "good=1"]
    fields = [f"{field}; Max-Age=86400" for field in fields]
    jar = Cookies()
    jar.store(fields, True, "example.com", "/", time.time())
    jar.save(path, lwp=lwp)
    back = Cookies()
    back.load(path)
    assert back.get("good", "example.com") == "1"
    assert {(c.name, c.value) for c in back} <= {(c.name, c.value) for c in jar}
    assert len(back) == (2 if lwp else 4)


def test_what_goes_wrong_leaves_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cookies.txt"
    Cookies(OURS).save(path)
    before = path.read_bytes()

    def fail(*given: object, **named: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(MozillaCookieJar, "save", fail)
    with pytest.raises(OSError, match="full"):
        Cookies().save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["cookies.txt"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, file = tmp_path / "link", tmp_path / "file"
    try:
        link.symlink_to(file)
    except OSError:
        pytest.skip("no links here")
    Cookies(OURS).save(link)
    assert link.is_symlink()
    assert file.read_text().startswith("# Netscape")


def test_no_cookie_file(tmp_path: Path) -> None:
    path = tmp_path / "cookies.txt"
    path.write_text("hello\n")
    with pytest.raises(LoadError):
        Cookies().load(path)
    with pytest.raises(FileNotFoundError):
        Cookies().load(tmp_path / "none")
