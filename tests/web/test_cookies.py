"""The jar: what it keeps and gives, RFC 6265bis 5.7 and 5.8; that programs can handle it."""

from __future__ import annotations

import copy
import http.cookiejar
import pickle
import threading
from collections.abc import Iterable

import pytest

from fasthttp._web import cookies as module
from fasthttp._web.cookie_rules import Cookie
from fasthttp._web.cookies import Cookies

NOW = 1_700_000_000.0
DAY = 86_400.0


def stored(
    *fields: str, secure: bool = True, host: str = "example.com", target: str = "/"
) -> Cookies:
    jar = Cookies()
    jar.store(fields, secure, host, target, NOW)
    return jar


def sent(
    jar: Cookies,
    host: str = "example.com",
    target: str = "/",
    secure: bool = True,
    now: float = NOW,
) -> str:
    return jar.header(secure, host, target, now)


def names(jar: Iterable[Cookie]) -> list[str]:
    return [cookie.name for cookie in jar]


def test_the_example_of_the_rfc() -> None:
    """RFC 6265, 3.1."""
    jar = stored(
        "SID=31d4d96e407aad42; Path=/; Secure; HttpOnly", "lang=en-US; Path=/; Domain=example.com"
    )
    assert sent(jar) == "SID=31d4d96e407aad42; lang=en-US"
    assert sent(jar, "www.example.com") == "lang=en-US"
    assert sent(jar, secure=False) == "lang=en-US"
    jar.store(["lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT"], True, "example.com", "/", NOW)
    assert sent(jar) == "SID=31d4d96e407aad42; lang=en-US", "that one is for the host alone"
    gone = "lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Domain=example.com"
    jar.store([gone], True, "example.com", "/", NOW)
    assert sent(jar) == "SID=31d4d96e407aad42"


def test_a_cookie_keeps_its_place_when_it_changes() -> None:
    jar = stored("a=1", "b=2", "c=3; Path=/x")
    jar.store(["a=4"], True, "example.com", "/", NOW + 1)
    assert sent(jar, target="/x/y") == "c=3; a=4; b=2"


@pytest.mark.parametrize(
    ("attributes", "lasts"),
    [
        ("Max-Age=10", 10),
        ("Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 10),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=10", 10),
        ("Max-Age=10; Max-Age=x", 10),
        ("Max-Age=10; Max-Age=20", 20),
        ("Max-Age=\xb2", None),
        ("Max-Age=+5", None),
        ("Max-Age=", None),
        ("Max-Age=-", None),
        ("Max-Age=" + "9" * 1_024, 400 * DAY),
        ("Max-Age=" + "9" * 1_025, None),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", 400 * DAY),
        ("Expires=Tue, 14 Nov 2023 22:13:30 GMT", 10),
        ("Expires=Tue, 31 Feb 2023 22:13:30 GMT", None),
        ("Expires=", None),
        ("", None),
    ],
)
def test_how_long_it_lasts(attributes: str, lasts: float | None) -> None:
    jar = stored(f"a=b; {attributes}")
    (cookie,) = jar
    assert cookie.expires == (None if lasts is None else NOW + lasts)
    if lasts is not None:
        assert sent(jar, now=NOW + lasts - 0.1) == "a=b"
        assert sent(jar, now=NOW + lasts) == ""
        assert len(jar) == 0
    else:
        assert sent(jar, now=NOW + 1e10) == "a=b"


@pytest.mark.parametrize(
    "attributes", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT", "max-age=-0"]
)
def test_one_that_has_expired_takes_the_one_before_away(attributes: str) -> None:
    jar = stored("a=b", "c=d", f"a=; {attributes}")
    assert sent(jar) == "c=d"


@pytest.mark.parametrize(
    ("field", "secure", "kept"),
    [
        ("__Secure-a=1", True, False),
        ("__Secure-a=1; Secure", True, True),
        ("__sEcUrE-a=1", True, False),
        ("__Secure-a=1; Secure", False, False),
        ("__Host-a=1; Secure", True, False),
        ("__Host-a=1; Secure; Path=/", True, True),
        ("__hosT-a=1; Secure; Path=/x", True, False),
        ("__Host-a=1; Secure; Path=/; Domain=example.com", True, False),
        ("__Host-a=1; Path=/", True, False),
        ("=__Host-a=1; Secure; Path=/", True, False),
        ("__Secure-a", True, False),
        ("__Secure", True, True),
    ],
)
def test_promises_of_names(field: str, secure: bool, kept: bool) -> None:
    assert len(stored(field, secure=secure)) == kept


def test_a_secure_cookie_is_left_alone_by_what_comes_without_tls() -> None:
    jar = stored("a=safe; Secure; Path=/login; Domain=example.com")
    for host in ("example.com", "www.example.com"):
        jar.store(["a=evil; Path=/login/x"], False, host, "/", NOW)
        jar.store(["a=evil; Path=/login; Domain=example.com"], False, host, "/", NOW)
    assert [cookie.value for cookie in jar] == ["safe"]
    jar.store(["a=other"], False, "example.com", "/", NOW)
    assert sent(jar, target="/login") == "a=safe; a=other"
    jar = stored("a=safe; Secure", host="www.example.com")
    jar.store(["a=evil; Domain=example.com"], False, "example.com", "/", NOW)
    assert sent(jar, "www.example.com") == "a=safe"
    jar.store(["a=new; Secure"], True, "www.example.com", "/", NOW)
    assert jar.delete("a", "www.example.com") == 1
    jar.store(["a=plain; Domain=example.com"], False, "example.com", "/", NOW)
    assert sent(jar, "www.example.com") == "a=plain"


@pytest.mark.parametrize(
    "field",
    [
        "a=b\r\nX: y",
        "a=b\0",
        "a=b; Path=/\n",
        "a\x7f=b",
        "a=\u0100",
        "",
        "=",
        " ; Secure",
        "a=b; Domain=com",
        "a=b; Domain=co.uk",
        "a=b; Domain=www.example.com",
        "a=b; Domain=ample.com",
        "a=b; Domain=ex\xe4mple.com",
        "a=b; Domain=..example.com",
        "a" * 2_048 + "=" + "b" * 2_049,
    ],
)
def test_what_is_refused(field: str) -> None:
    assert len(stored(field)) == 0


def test_sizes() -> None:
    assert len(stored("a" * 2_048 + "=" + "b" * 2_048)) == 1
    (cookie,) = stored("a=b; Path=/" + "x" * 1_023)
    assert len(cookie.path) == 1_024
    (cookie,) = stored("a=b; Path=/" + "x" * 1_024, target="/y/z")
    assert cookie.path == "/y"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0x7f.1", "localhost", "com"])
def test_an_address_and_a_suffix_have_cookies_of_their_own(host: str) -> None:
    (cookie,) = stored(f"a=b; Domain={host}", host=host)
    assert cookie.host_only
    jar = stored("a=b; Domain=0.0.1", host="127.0.0.1")
    assert len(jar) == 0


def test_hosts_in_any_case() -> None:
    jar = stored("a=b; Domain=EXAMPLE.com", host="WWW.example.COM")
    assert sent(jar, "Example.Com") == "a=b"


def test_same_site_is_kept() -> None:
    jar = stored(
        "a=b; SameSite=strict", "c=d; SameSite=LAX", "e=f; samesite=none; Secure", "g=h; SameSite=x"
    )
    assert [cookie.same_site for cookie in jar] == ["Strict", "Lax", "None", ""]


def test_what_is_ready_follows_every_change() -> None:
    jar = stored("a=1", host="x.www.example.com")
    assert sent(jar, "x.www.example.com") == "a=1"
    jar.store(["b=2; Domain=example.com"], True, "example.com", "/", NOW)
    assert sent(jar, "x.www.example.com") == "a=1; b=2"
    jar.store(["c=3; Domain=www.example.com"], True, "www.example.com", "/", NOW)
    assert sent(jar, "x.www.example.com") == "a=1; b=2; c=3"
    jar.clear("example.com")
    assert sent(jar, "x.www.example.com") == "a=1; c=3"
    assert jar.delete("a", "x.www.example.com") == 1
    assert sent(jar, "x.www.example.com") == "c=3"
    jar.clear()
    assert sent(jar, "x.www.example.com") == ""
    assert not jar._views
    assert not jar._viewed


def test_the_same_field_again_lasts_from_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says is read once, but for the path that it does not say and the time."""
    monkeypatch.setattr(module, "_MOST_READ", 2)
    jar = Cookies()
    field = "a=1; Path=/; Max-Age=60"
    for seconds in (0, 30, 59):
        jar.store([field, "b=2"], True, "example.com", f"/{seconds}/page", NOW + seconds)
        assert [each.expires for each in jar if each.name == "a"] == [NOW + seconds + 60]
    assert [each.path for each in jar if each.name == "b"] == ["/0", "/30", "/59"]
    jar.store(["a=1; Path=/; Max-Age=0"], True, "example.com", "/", NOW + 60)
    assert jar.get("a", "example.com") is None
    for host, secure in (("example.com", True), ("other.com", True), ("other.com", False)):
        jar.store([field, f"{field}; Secure"], secure, host, "/", NOW + 70)
    assert [(each.domain, each.secure) for each in jar if each.name == "a"] == [
        ("example.com", True),
        ("other.com", True),
    ]
    assert len(jar._read) <= 2


def test_what_is_ready_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_VIEWS", 10)
    jar = stored("a=1; Domain=example.com")
    for number in range(100):
        assert sent(jar, f"h{number}.example.com") == "a=1"
        assert len(jar._views) <= 10
        assert sum(map(len, jar._viewed.values())) <= 3 * 10
    jar.store(["a=2; Domain=example.com"], True, "example.com", "/", NOW)
    assert sent(jar, "h99.example.com") == "a=2"


def test_no_more_than_so_many_for_a_domain() -> None:
    jar = stored("old=1", "kept=1; Secure", "used=1; Path=/u")
    for number in range(module._MOST_PER_DOMAIN - 3):
        jar.store([f"c{number}=1"], True, "example.com", "/", NOW + 1)
    assert len(jar) == module._MOST_PER_DOMAIN
    assert "used=1" in sent(jar, target="/u", now=NOW + 2)
    jar.clear()
    jar = stored("old=1; Path=/o", "kept=1; Secure; Path=/o", "used=1; Path=/u")
    for number in range(module._MOST_PER_DOMAIN - 3):
        jar.store([f"c{number}=1; Path=/o"], True, "example.com", "/", NOW + 1)
    assert sent(jar, target="/u", now=NOW + 2) == "used=1"
    jar.store(["last=1"], True, "example.com", "/", NOW + 3)
    assert len(jar) == module._LEFT_PER_DOMAIN >= 50
    assert {"kept", "used", "last"} < set(names(jar))
    assert not {"old", "c0"} & set(names(jar))


def test_what_has_expired_goes_first() -> None:
    jar = stored("brief=1; Max-Age=5; Secure", "old=1")
    for number in range(module._MOST_PER_DOMAIN - 2):
        jar.store([f"c{number}=1"], True, "example.com", "/", NOW + 1)
    jar.store(["last=1"], True, "example.com", "/", NOW + 6)
    assert len(jar) == module._MOST_PER_DOMAIN
    assert "brief" not in names(jar)
    assert "old" in names(jar)


def test_no_more_than_so_many_in_all() -> None:
    jar = Cookies()
    jar.store(["first=1"], True, "first.example", "/", NOW)
    jar.store(["brief=1; Max-Age=1"], True, "brief.example", "/", NOW)
    for number in range(module._MOST - 2):
        jar.store(["a=1"], True, f"h{number}.example", "/", NOW + 2)
    assert len(jar) == module._MOST
    assert sent(jar, "first.example", now=NOW + 3) == "first=1"
    jar.set("mine", "1", "own.example")
    assert len(jar) == module._LEFT >= 3_000
    assert jar.get("mine", "own.example") == jar.get("first", "first.example") == "1"
    assert jar.get("brief", "brief.example") is None
    assert jar.get("a", "h0.example") is None


def test_a_cookie_of_ones_own() -> None:
    jar = Cookies()
    jar.set("a", "1", "Example.com", expires=NOW + 5)
    jar.set("b", "2", "example.com", "/x", host_only=False, secure=True, http_only=True)
    assert sent(jar) == "a=1"
    assert sent(jar, "www.example.com", "/x/y") == "b=2"
    assert (jar.get("a", "EXAMPLE.com"), jar.get("a", "www.example.com")) == ("1", None)
    assert (jar.get("b", "example.com", "/"), jar.get("b", "example.com", "/x")) == (None, "2")
    jar.set("b", "3", "example.com")
    assert jar.get("b", "example.com") == "3"
    assert jar.delete("b", "example.com", "/x") == 1
    assert jar.delete("b", "example.com", "/x") == 0
    jar.expire(NOW + 5)
    assert names(jar) == ["b"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", "b\r\nX: y", "example.com"), "control character"),
        (("a", "\u0100", "example.com"), "ISO-8859-1"),
        (("a", "b;c", "example.com"), "';'"),
        (("a=", "b", "example.com"), "'='"),
        (("a", " b", "example.com"), "spaces"),
        (("", "", "example.com"), "neither"),
        (("a", "b" * 4_096, "example.com"), "4096"),
        (("a", "b", ".example.com"), "host_only=False"),
        (("a", "b", ""), "name of a host"),
        (("a", "b", "http://example.com/"), "name of a host"),
        (("a", "b", "ex\xe4mple.com"), "name of a host"),
        (("a", "b", "example.com", "x"), "path"),
        (("__Host-a", "b", "example.com"), "secure"),
    ],
)
def test_what_is_wrong_with_ones_own(arguments: tuple[str, ...], said: str) -> None:
    jar = Cookies()
    with pytest.raises(ValueError, match=said):
        jar.set(*arguments)
    assert len(jar) == 0


def test_ones_own_for_too_many_hosts() -> None:
    for domain in ("com", "co.uk", "127.0.0.1"):
        with pytest.raises(ValueError, match="host_only"):
            Cookies().set("a", "b", domain, host_only=False)
    with pytest.raises(ValueError, match="not a number"):
        Cookies().set("a", "b", "example.com", expires=float("nan"))


def test_nothing_shows_a_value() -> None:
    jar = stored("name=secret; Domain=example.com", "secret")
    assert repr(jar) == "<Cookies: 2 for 1 domains>"
    assert [repr(cookie) for cookie in jar] == [
        "<Cookie 'name' for *.example.com/>",
        "<Cookie '(no name)' for example.com/>",
    ]


def test_copies_are_jars_of_their_own() -> None:
    jar = stored("a=1; Path=/x; Secure", "b=2; Max-Age=10")
    for other in (
        copy.copy(jar),
        copy.deepcopy(jar),
        pickle.loads(pickle.dumps(jar)),
        Cookies(jar),
    ):
        assert list(other) == list(jar)
        assert sent(other, target="/x") == "a=1; b=2"
        other.store(["a=evil; Path=/x"], False, "example.com", "/", NOW)
        other.clear("example.com")
    assert sent(jar, target="/x") == "a=1; b=2"


def test_a_pickle_brings_nothing_that_may_not_be_sent() -> None:
    jar = Cookies()
    jar.__setstate__({"cookies": [(("a", "b\r\nX: y", "example.com"), 0.0)]})
    assert len(jar) == 0
    assert sent(jar) == ""


def test_update_leaves_out_what_may_not_be_sent() -> None:
    jar = Cookies(
        [
            Cookie("a", "b\r\nX: y", "example.com"),
            Cookie("c", "d", "EXAMPLE.com"),
            Cookie("e", "f", "com", host_only=False),
        ]
    )
    assert list(jar) == [Cookie("e", "f", "com", host_only=True)]
    assert isinstance(jar.to_cookiejar(), http.cookiejar.CookieJar)


def test_threads_share_a_jar() -> None:
    jar, wrong = Cookies(), []

    def work(number: int) -> None:
        try:
            for turn in range(300):
                host = f"h{turn % 7}.example.com"
                fields = [f"t{number}={turn}; Domain=example.com", f"own{number}={turn}; Max-Age=9"]
                jar.store(fields, True, host, "/", NOW + turn)
                if f"t{number}={turn}" not in jar.header(True, host, "/", NOW + turn):
                    wrong.append((number, turn))
                if turn % 50 == 49:
                    jar.delete(f"own{number}", host)
                    list(jar)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    jar.expire(NOW + 1e6)
    assert sorted(names(jar)) == [f"t{number}" for number in range(6)]
    jar.clear()
    assert not (jar._views or jar._viewed or jar._secure or jar._domains)
