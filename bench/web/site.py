"""The site: its hosts, its URLs, what each of them answers, and what a client must make of it.

A page is right where status, text and last URL are those that a browser comes to. "error" is right
for what is broken: a browser shows some of it, a program must know of it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from .answers import Answer, End, Fixed, Later, Wall
from .texts import Author
from .wire import CODINGS, HAS_BR, Fields, bomb, chunked, head, whole

#: Where ordinary pages are.
PLAIN = [
    "www.news.test", "blog.test", "wiki.test", "forum.test", "docs.test", "old.test", "cdn.test",
    "museum.test", "city.test",
]  # fmt: skip
SECURE = [
    "www.shop.test", "bank.test", "mail.test", "secure.test", "cloud.test", "video.test",
    "travel.test",
]  # fmt: skip
#: Where there is nothing but trouble, and the one that gives a cookie for all of its domain.
TROUBLED = ["busy.test", "hang.test", "reset.test"]
LOGIN = "login.shop.test"
TLS = [*SECURE, LOGIN]
HOSTS = [*PLAIN, *TROUBLED, *TLS]
#: Bodies are refused beyond 10 MiB, but for the one that goes into a file.
BIG = 50 << 20
TOO_BIG = 12 << 20
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a URL; `digest` None stands for an error."""

    url: str
    kind: str
    status: int = 0
    digest: str | None = None
    final: str = ""
    #: It waits for something on purpose, or is so large that it says nothing about the others.
    apart: bool = False
    in_file: bool = False


def digest_of(content: str | bytes) -> str:
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


class Site:
    """All answers by b"host:port/path", and what to expect of the URLs to fetch."""

    def __init__(self, pages: int, ports: tuple[int, int], seed: int, bomb_size: int) -> None:
        self.answers: dict[bytes, Answer] = {}
        self.expected: list[Expected] = []
        self._random = Random(seed)
        self._author = Author(self._random)
        self._ports = ports
        self._bomb_size = bomb_size
        self._count = 0
        for kind, per_2000 in KINDS.items():
            for number in range(max(1, round(per_2000 * pages / 2000))):
                kind.__get__(self)(number)
        while len(self.expected) < pages:
            self._ordinary()
        self._random.shuffle(self.expected)

    # ------------------------------------------------------------------ names and pages

    def _origin(self, host: str) -> str:
        if host in TLS:
            return f"https://{host}:{self._ports[1]}"
        return f"http://{host}:{self._ports[0]}"

    def _anywhere(self) -> str:
        return self._origin(self._random.choice([*PLAIN, *SECURE]))

    def _new(self, origin: str | None = None, name: str = "page") -> str:
        self._count += 1
        return f"{origin or self._anywhere()}/{name}/{self._count}"

    def _answer(self, url: str, answer: Answer) -> None:
        self.answers[url.partition("//")[2].encode()] = answer

    def _expect(self, url: str, kind: str, content: str | bytes, **more: object) -> None:
        values: dict[str, object] = {"status": 200, "final": url, **more}
        self.expected.append(Expected(url, kind, digest=digest_of(content), **values))  # type: ignore[arg-type]

    def _error(self, url: str, kind: str, apart: bool = False) -> None:
        self.expected.append(Expected(url, kind, apart=apart))

    def _fixed(self, text: str, status: int = 200, extra: Fields = []) -> Fixed:  # noqa: B006
        """An ordinary answer: mostly gzip, mostly in chunks, some with a cookie."""
        fields = [("Content-Type", HTML), *extra]
        if self._random.random() < 0.25:
            fields.append(("Set-Cookie", "visit=1; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"))
        body, in_chunks = text.encode(), self._random.random() < 0.5
        coding = self._random.choices(
            ["gzip", "br", "deflate", "raw deflate", None], [60, 20, 2, 2, 16]
        )[0]
        if coding != "br":
            return Fixed(whole(status, fields, body, coding, in_chunks))
        br = whole(status, fields, body, coding, in_chunks) if HAS_BR else None
        return Fixed(whole(status, fields, body, "gzip", in_chunks), br)

    def _page(self, url: str) -> str:
        """Put an ordinary page there, and return its text."""
        text = self._author.page(self._author.size())
        self._answer(url, self._fixed(text))
        return text

    def _redirect(self, url: str, status: int, location: str, extra: Fields = []) -> None:  # noqa: B006
        fields = [("Location", location), ("Content-Type", "text/html"), *extra]
        self._answer(url, Fixed(whole(status, fields, b"<a>moved</a>")))

    def _ordinary(self) -> None:
        url = self._new()
        self._expect(url, "ordinary", self._page(url))

    # ------------------------------------------------------------------ kinds of pages

    def _image(self, number: int) -> None:
        url, body = self._new(name="image"), self._random.randbytes(self._author.size())
        self._answer(url, Fixed(whole(200, [("Content-Type", "image/webp")], body)))
        self._expect(url, "image", body)

    def _coded(self, number: int) -> None:
        """One page for each coding, with a length and in chunks."""
        coding, url = list(CODINGS)[number % len(CODINGS)], self._new(name="coded")
        text = self._author.page(self._author.size())
        fields, body, in_chunks = [("Content-Type", HTML)], text.encode(), number % 8 < 4
        br = whole(200, fields, body, "br", in_chunks) if coding == "br" and HAS_BR else None
        plain = "gzip" if coding == "br" else coding
        self._answer(url, Fixed(whole(200, fields, body, plain, in_chunks), br))
        self._expect(url, coding, text)

    def _moved(self, number: int) -> None:
        status = (301, 302, 303, 307, 308)[number % 5]
        start, end = self._new(name="moved"), self._new()
        self._redirect(start, status, end)
        self._expect(start, "redirect to anywhere", self._page(end), final=end)

    def _relative(self, number: int) -> None:
        origin = self._anywhere()
        start, end = self._new(origin, "a/b/moved"), self._new(origin, "a/page")
        path = end.removeprefix(origin)
        location = [path, f"../../{path.removeprefix('/a/')}", end.partition(":")[2]][number % 3]
        self._redirect(start, (301, 302, 307)[number % 3], location)
        self._expect(start, "relative redirect", self._page(end), final=end)

    def _upgrade(self, number: int) -> None:
        start = self._new(self._origin(self._random.choice(PLAIN)), "insecure")
        end = self._new(self._origin(self._random.choice(SECURE)))
        self._redirect(start, 301, end)
        self._expect(start, "http to https", self._page(end), final=end)

    def _odd_location(self, number: int) -> None:
        origin = self._anywhere()
        start, end = self._new(origin, "moved"), self._new(origin, "caf%C3%A9%20menu")
        location = end.replace("%C3%A9", "é").replace("%20", " ").removeprefix(origin)
        self._redirect(start, 302, location)
        self._expect(start, "Location with é and a space", self._page(end), final=end)

    def _chain(self, number: int) -> None:
        self._steps("eight redirects", 8)

    def _long_chain(self, number: int) -> None:
        self._steps("fifteen redirects", 15)

    def _steps(self, kind: str, count: int) -> None:
        urls = [self._new(name="step") for _ in range(count + 1)]
        for start, end in pairwise(urls):
            self._redirect(start, 302, end)
        text = self._page(urls[-1])
        if count > 10:
            self._error(urls[0], kind)
        else:
            self._expect(urls[0], kind, text, final=urls[-1])

    def _loop(self, number: int) -> None:
        origin = self._anywhere()
        first, second = self._new(origin, "loop"), self._new(origin, "loop")
        self._redirect(first, 302, second)
        self._redirect(second, 302, first)
        self._error(first, "loop")

    def _cookie_wall(self, number: int) -> None:
        host = (PLAIN[0], SECURE[1], PLAIN[7])[number % 3]
        url, gate = self._new(self._origin(host)), self._new(self._origin(host), "gate")
        cookie = f"consent={host.partition('.')[0]}"
        self._walled(url, gate, cookie, f"{cookie}; Path=/; Max-Age=3600; SameSite=Lax")
        self._expect(url, "cookie wall", self._behind, final=url)

    def _login_wall(self, number: int) -> None:
        url = self._new(self._origin("www.shop.test"))
        gate = self._new(self._origin(LOGIN), "login")
        self._walled(url, gate, "session=s3", "session=s3; Domain=shop.test; Path=/; Secure")
        self._expect(url, "login wall", self._behind, final=url)

    def _walled(self, url: str, gate: str, cookie: str, set_cookie: str) -> None:
        self._behind = self._page(url)
        inside = self.answers[url.partition("//")[2].encode()]
        fields = [("Location", gate), ("Content-Type", "text/html")]
        outside = Fixed(whole(302, fields, b"no cookie"))
        if not isinstance(inside, Fixed):
            raise TypeError(inside)
        self._answer(url, Wall(cookie.encode(), inside, outside))
        self._redirect(gate, 302, url, [("Set-Cookie", set_cookie)])

    def _missing(self, number: int) -> None:
        url, text = self._new(name="missing"), self._author.page(2000)
        self._answer(url, self._fixed(text, 404))
        self._expect(url, "404", text, status=404)

    def _too_many(self, number: int) -> None:
        url = self._new(self._origin("busy.test"))
        text = self._page(url)
        then = self.answers[url.partition("//")[2].encode()]
        busy = [("Content-Type", HTML), ("Retry-After", "1")]
        first = Fixed(whole(429, busy, b"not so fast"))
        if not isinstance(then, Fixed):
            raise TypeError(then)
        self._answer(url, Later(first, then, 0.95))
        self._expect(url, "429, then 200", text, apart=True)

    def _closed_for_an_hour(self, number: int) -> None:
        url, text = self._new(self._origin("busy.test")), "come back in an hour"
        self._answer(url, self._fixed(text, 429, [("Retry-After", "3600")]))
        self._expect(url, "429 for an hour", text, status=429)

    def _unavailable(self, number: int) -> None:
        url = self._new(self._origin("busy.test"))
        text = self._page(url)
        then = self.answers[url.partition("//")[2].encode()]
        if not isinstance(then, Fixed):
            raise TypeError(then)
        self._answer(url, Later(self._fixed("overloaded", 503), then, 0))
        self._expect(url, "503, then 200", text, apart=True)

    def _down(self, number: int) -> None:
        url, text = self._new(self._origin("busy.test")), "down"
        self._answer(url, self._fixed(text, 503))
        self._expect(url, "503 always", text, status=503, apart=True)

    # ------------------------------------------------------------------ broken, or hostile

    def _hanging(self, number: int) -> None:
        url = self._new(self._origin("hang.test"))
        self._answer(url, Fixed(b"", end="hang"))
        self._error(url, "never answers", apart=True)

    def _resetting(self, number: int) -> None:
        url = self._new(self._origin("reset.test"))
        self._answer(url, Fixed(b"", end="reset"))
        self._error(url, "reset", apart=True)

    def _dripping(self, number: int) -> None:
        start = head(200, [("Content-Type", HTML), ("Content-Length", "1000")])
        self._broken("drip", start, "drip", apart=True)

    def _broken(self, kind: str, wire: bytes, end: End = "close", apart: bool = False) -> None:
        url = self._new(name="broken")
        self._answer(url, Fixed(wire, end=end))
        self._error(url, kind, apart)

    def _bad_chunks(self, number: int) -> None:
        start = head(200, [("Content-Type", HTML), ("Transfer-Encoding", "chunked")])
        good = chunked(self._author.page(9000).encode()).removesuffix(b"0\r\n\r\n")
        self._broken("bad chunk", start + good + b"<p>\r\nwhat?\r\n0\r\n\r\n")

    def _short(self, number: int) -> None:
        wire = whole(200, [("Content-Type", HTML)], self._author.page(9000).encode())
        # Who repeats what has failed, with a pause, waits.
        self._broken("body cut short", wire[:-1000], apart=True)

    def _cut_gzip(self, number: int) -> None:
        packed = CODINGS["gzip"](self._author.page(20000).encode())
        fields = [("Content-Type", HTML), ("Content-Encoding", "gzip")]
        wire = whole(200, fields, packed[: -len(packed) // 3], in_chunks=bool(number % 2))
        self._broken("cut gzip", wire, "keep")

    def _bomb(self, number: int) -> None:
        fields = [("Content-Type", HTML), ("Content-Encoding", "gzip")]
        self._broken("bomb", whole(200, fields, bomb(self._bomb_size)), apart=True)

    def _too_big(self, number: int) -> None:
        body = bytes(1 << 20) * (TOO_BIG >> 20)
        wire = head(200, [("Content-Type", HTML), ("Transfer-Encoding", "chunked")])
        self._broken("12 MiB", wire + chunked(body, 65536), apart=True)

    # ------------------------------------------------------------------ odd, but good

    def _big(self, number: int) -> None:
        body = self._random.randbytes(1 << 20) * (BIG >> 20)
        url = self._new(self._origin("cdn.test"), "file")
        self._answer(url, Fixed(whole(200, [("Content-Type", "application/zip")], body)))
        self._expect(url, "50 MiB", body, apart=True, in_file=True)

    def _odd(self, kind: str, change: Callable[[bytes], bytes]) -> None:
        url, text = self._new(name="odd"), self._author.page(self._author.size())
        self._answer(
            url, Fixed(change(whole(200, [("Content-Type", HTML)], text.encode(), "gzip")))
        )
        self._expect(url, kind, text)

    def _early_hints(self, number: int) -> None:
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n"
        self._odd("103 before", lambda wire: hints + wire)

    def _many_headers(self, number: int) -> None:
        more = "".join(f"X-Trace-{it}: {it:032x}\r\n" for it in range(110)).encode()
        self._odd("120 headers", lambda wire: wire.replace(b"Vary:", more + b"Vary:", 1))

    def _no_colon(self, number: int) -> None:
        behind = (b"Server: nginx\r\n", b"nosniff\r\n")[number % 2]
        line = behind + b"no field at all\r\n"
        self._odd("line without colon", lambda wire: wire.replace(behind, line, 1))

    # ------------------------------------------------------------------ charsets

    def _charset(self, number: int) -> None:
        for kind, content_type, body, text in self._charsets():
            url = self._new(name="text")
            self._answer(url, Fixed(whole(200, [("Content-Type", content_type)], body, "gzip")))
            self._expect(url, kind, text)

    def _charsets(self) -> Iterator[tuple[str, str, bytes, str]]:
        def page(vocabulary: str, meta: str = "") -> str:
            return self._author.page(self._author.size() // 2, vocabulary, meta)

        kind = "charset by header"
        text = page("western")
        yield kind, "text/html; charset=ISO-8859-1", text.encode("cp1252"), text
        text = page("japanese")
        yield kind, "text/html;charset=Shift_JIS", text.encode("shift_jis"), text
        text = page("russian")
        yield kind, 'text/html; charset="windows-1251"', text.encode("cp1251"), text
        kind = "charset by meta"
        text = page("western", '<meta charset="windows-1252">')
        yield kind, "text/html", text.encode("cp1252"), text
        meta = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">'
        text = page("russian", meta)
        yield kind, "text/html", text.encode("koi8-r"), text
        kind = "charset by BOM"
        text = page("utf8")
        yield kind, "text/html; charset=iso-8859-1", text.encode("utf-8-sig"), text
        yield kind, "text/html", b"\xff\xfe" + text.encode("utf-16-le"), text
        kind = "wrong charset"
        text = page("western", "<meta charset=windows-1252>")
        yield kind, "text/html; charset=utf8mb4_bin", text.encode("cp1252"), text
        body = page("utf8").encode() + b"\xff end"
        yield kind, HTML, body, body.decode("utf-8", "replace")
        body = page("accented", '<meta charset="utf-8">').encode()
        yield kind, "text/html; charset=windows-1252", body, body.decode("cp1252")


#: How many of each kind there are among 2,000; at least one. The others are ordinary pages.
KINDS: dict[Callable[[Site, int], None], int] = {
    Site._image: 120,
    Site._coded: 16,
    Site._moved: 60,
    Site._relative: 60,
    Site._upgrade: 20,
    Site._odd_location: 4,
    Site._chain: 4,
    Site._long_chain: 2,
    Site._loop: 4,
    Site._cookie_wall: 60,
    Site._login_wall: 20,
    Site._missing: 40,
    Site._too_many: 10,
    Site._closed_for_an_hour: 2,
    Site._unavailable: 10,
    Site._down: 2,
    Site._hanging: 6,
    Site._resetting: 6,
    Site._dripping: 4,
    Site._bad_chunks: 4,
    Site._short: 4,
    Site._cut_gzip: 4,
    Site._bomb: 2,
    Site._too_big: 1,
    Site._big: 1,
    Site._early_hints: 10,
    Site._many_headers: 4,
    Site._no_colon: 4,
    Site._charset: 10,
}
