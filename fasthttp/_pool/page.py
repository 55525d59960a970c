"""Page: what came of a request, an answer or an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from http.client import HTTPMessage
from time import time
from typing import NamedTuple

from .._client.deadline import seconds_of
from .._client.exchange import Resend
from .._compiled import Head, encode_head
from .._http.response_head import ResponseHead
from .._http.strict import asks_upgrade
from .._web import urls
from . import wire
from .errors import too_long
from .proxying import request_through
from .request import Known, Request
from .settings import check_headers, size_of_body
from .trip import Trip

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._web.codings import Decoder
    from .._web.cookies import Cookies
    from .._web.proxies import Proxy
    from .._web.redirects import Next
    from .hosts import Host
    from .settings import Settings
else:
    Any = Cookies = Decoder = Host = Next = Proxy = Settings = object  # for typing.get_type_hints()


class _Parsed(NamedTuple):
    """What a page keeps of its parser, when it is unpickled."""

    trailers: HTTPMessage
    skipped_lines: list[bytes]


class Page:
    """What came of a request. `Pool` makes it.

    Where `error` is None there was an answer, whatever its status, and all of it came.
    """

    # Setting a slot takes a tenth of the time that an entry of a dict takes. While the request is
    # under way, this is also where the engine keeps what it knows of it: one object, not two.
    __slots__ = {
        "_begun": None,
        "_cookie": None,
        "_expiry": None,
        "_given": None,
        "_head": None,
        "_index": None,
        "_is_fresh": None,
        "_is_plain": None,
        "_method": None,
        "_parser": None,
        "_resend": None,
        "_rest": None,
        "_target": None,
        "_trip": None,
        "_until": None,
        "_wire": None,
        "body": "The body, bytes; what of it had come, where there is an error.",
        "elapsed": "Seconds from when the request left the queue, a float.",
        "error": "The exception; None where an answer came, whatever its status.",
        "phase": "What the request was waiting for when it failed: "
        '"queue", "request", "lookup", "connect", "proxy", "TLS", "send", "head", "body" or '
        '"redirect"; else None.',
        "status": "The status, an int; None where no head came.",
        "tries": "How often a request was sent for it, or was to be sent, an int. Redirects count.",
        "url": "The URL that this is from, a str.",
    }

    _begun: float
    #: The Cookie field, "" for none; known where there is a jar.
    _cookie: str
    _is_plain: bool
    _method: str
    _target: str
    _until: float
    _wire: bytes

    def __init__(self, given: str | Request, index: int) -> None:
        self._given = given
        #: The place in the order in which requests came.
        self._index = index
        self.url: str = given if isinstance(given, str) else given.url
        self.status: int | None = None
        self.body = b""
        self.error: Exception | None = None
        self.phase: str | None = None
        self.elapsed = 0.0
        self.tries = 0
        #: The codec's head, or that of a parser.
        self._head: Any = None
        #: The parser, where one was needed.
        self._parser: Any = None
        # Of a request that waits, or is under way; what is set when it leaves the queue is not
        # set before.
        #: Whether it needs a connection that has carried no other request.
        self._is_fresh = False
        #: What it has behind it, where that is anything.
        self._trip: Trip | None = None
        #: The timer that ends it where it waits for too long.
        self._expiry: Any = None
        self._rest: Iterator[Any] | None = None
        self._resend: Resend | None = None

    def __getstate__(self) -> tuple[Any, ...]:
        """Return what pickle and copy keep: what the page says, and nothing of how it came."""
        head = self._head
        if type(head) is Head or (head is not None and head._head is not None):
            # The codec's, compiled, is no object for pickle.
            lines = [b"%b: %b\r\n" % field for field in self.raw_headers]
            head = ResponseHead(head.version, head.status, head.reason, None, lines, lines)
        trailers = self._parser.trailers if self._parser is not None else None
        names = ("url", "status", "body", "error", "phase", "elapsed", "tries")
        said = {name: getattr(self, name) for name in names}
        behind = (self.history, self.retried)
        return self._given, self._index, head, trailers, list(self.skipped_lines), said, behind

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        given, index, head, trailers, skipped, said, behind = state
        self.__init__(given, index)  # type: ignore[misc]
        self._head = head
        if trailers is not None:
            self._parser = _Parsed(trailers, skipped)
        for name, value in said.items():
            setattr(self, name, value)
        if any(behind):
            trip = self._begun_trip()
            trip.history, trip.retried = behind

    def __repr__(self) -> str:
        came = self.status if self.error is None else repr(self.error)
        url = urls.shown(str(self.url), is_read=self.phase != "request")
        return f"<{type(self).__name__} {self.request.method} {url}: {came}>"

    @property
    def request(self) -> Request:
        """The `Request`; one that says the same where only a URL was given."""
        if not isinstance(self._given, Request):
            self._given = Request(self._given)
        return self._given

    @property
    def reason(self) -> str | None:
        """The reason phrase, a str; None where no head came."""
        return None if self._head is None else self._head.reason

    @property
    def version(self) -> int | None:
        """The version, 10 or 11; None where no head came."""
        return None if self._head is None else self._head.version

    @property
    def headers(self) -> HTTPMessage:
        """The fields, an `http.client.HTTPMessage`, made at the first look; empty where no head
        came.
        """
        return self._response_head().headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return a field's values as one str, joined by ", "; `default` if there is none."""
        head = self._head
        if type(head) is Head and type(name) is str:
            value = head.get(name)
            return default if value is None else value
        return self._response_head().getheader(name, default)

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The fields as they were sent, in order: (name, value) in bytes."""
        return self._response_head().raw_headers

    @property
    def trailers(self) -> HTTPMessage:
        """The trailer section (RFC 9112 7.1.2); mostly empty."""
        if self._parser is None:
            return HTTPMessage()
        trailers: HTTPMessage = self._parser.trailers
        return trailers

    @property
    def skipped_lines(self) -> Sequence[bytes]:
        """The malformed field lines that were left out, as they were sent."""
        return () if self._parser is None else self._parser.skipped_lines

    @property
    def history(self) -> list[Page]:
        """The pages of the redirects that led here, in order; they have no history of their own."""
        return [] if self._trip is None else list(self._trip.history)

    @property
    def retried(self) -> list[int | Exception]:
        """What each try before the last has ended with: a status, or an exception."""
        return [] if self._trip is None else list(self._trip.retried)

    @property
    def charset(self) -> str:
        """The body's character encoding, by WHATWG's name: that of its byte order mark, of its
        Content-Type, or of what HTML or XML says in its first KiB; else "utf-8" where it is that,
        or "windows-1252".
        """
        name: str = _charsets().charset_of(self._content_type(), self.body)
        return name

    @property
    def text(self) -> str:
        """The body as a str, by `charset`, made at each look; U+FFFD for what cannot be decoded."""
        text: str = _charsets().text_of(self._content_type(), self.body)
        return text

    def _content_type(self) -> str | None:
        found = self.getheader("content-type")
        if found is None and self.status == 304 and self.request.known is not None:
            return self.request.known.content_type
        return found

    # ------------------------------------------------------- while it is under way

    def _values_of(self, name: str) -> list[str]:
        """Return each value of the fields of a name, in lower case, as it came."""
        if type(self._head) is Head and self._head.get(name) is None:
            return []
        return self._response_head()._values_of(name)

    def _begun_trip(self) -> Trip:
        """Return what the page has behind it, which begins now if it has not begun."""
        trip = self._trip
        if trip is None:
            trip = self._trip = Trip()
        return trip

    def _prepare(self, host: Host, settings: Settings, proxy: Proxy | None) -> float | None:
        """Make the bytes that are sent, through `proxy` if there is one. Return the request's own
        deadline in seconds, if any.

        Raises what there is against the request.
        """
        if isinstance(self._given, str) and proxy is None and self._trip is None:
            self._method = "GET"
            self._is_plain = True
            headers: Mapping[Any, Any] = settings.headers
            if settings.jar is not None:
                headers = self._with_cookie(host, settings, settings.jar, headers)
            head = encode_head("GET", self._target, host.line, settings.length_of_get, headers)
            if type(head) is bytes:
                self._wire = head
            else:
                self._wire, _ = wire.encode(host, "GET", self._target, headers, None)
            return None
        request = self.request
        self._is_plain = request.sink is None and request.max_body is None
        if not self._is_plain:
            _check(request)
        self._method, headers, body = self._as_it_is_now(settings)
        if hasattr(body, "read"):
            if self._resend is None:
                self._resend = Resend((self._method, "", body, {}, False))
            else:
                self._resend.rewind()
        if self._trip is not None and self._trip.authorization is not None:
            headers = wire.merged({"Authorization": self._trip.authorization}, headers)
        if request.known is not None:
            headers = self._with_conditions(request.known, headers)
        if settings.jar is not None:
            headers = self._with_cookie(host, settings, settings.jar, headers)
        target = self._target
        if proxy is not None:
            target, headers = request_through(proxy, host, target, headers)
        self._wire, self._rest = wire.encode(host, self._method, target, headers, body)
        return None if request.deadline is None else seconds_of("deadline", request.deadline)

    def _as_it_is_now(self, settings: Settings) -> tuple[str, Mapping[Any, Any], Any]:
        """Return method, fields and body of the request, without what the URL alone adds."""
        request, trip = self.request, self._trip
        if trip is not None and trip.method is not None:
            body = None if trip.drops_body else request.body
            return trip.method, trip.headers, body
        headers = request.headers
        check_headers(headers)
        of_pool = settings.headers
        if settings.decode and wire.has(headers, "range"):
            of_pool = settings.headers_if_not_decoded
        if of_pool:
            headers = wire.merged(of_pool, headers)
        return request.method, headers, request.body

    def _with_cookie(
        self, host: Host, settings: Settings, jar: Cookies, headers: Mapping[Any, Any]
    ) -> Mapping[Any, Any]:
        cookie = self._cookie = jar.header(host.is_tls, host.name, self._target, time())
        if not cookie:
            return headers
        # The program's own is not mixed with the jar's.
        if headers is not settings.headers:
            return wire.merged({"Cookie": cookie}, headers)
        if host.with_cookie[0] != cookie:
            host.with_cookie = cookie, wire.merged({"Cookie": cookie}, headers)
        return host.with_cookie[1]

    def _with_conditions(self, known: Known, headers: Mapping[Any, Any]) -> Mapping[Any, Any]:
        from .._web.validators import fields_for

        trip = self._begun_trip()
        trip.conditions = {}
        if known.url == self.url:
            trip.conditions = fields_for(self._method, headers, known.etag, known.last_modified)
        return {**headers, **trip.conditions} if trip.conditions else headers

    def _decode(self, decoder: Decoder, most: int) -> None:
        """Decode a body that has come whole. Raises `HTTPException`; then what came is the body."""
        coded, self.body = self.body, b""
        parts = list(decoder.pieces(coded, most))
        too_many = decoder.made - most
        if too_many > 0:
            parts[-1] = parts[-1][:-too_many]
        self.body = parts[0] if len(parts) == 1 else b"".join(filter(None, parts))
        if too_many > 0:
            raise too_long(most)
        self.body += decoder.end()
        if len(self.body) > most:
            self.body = self.body[:most]
            raise too_long(most)

    def _leads_on(self) -> bool:
        """Return whether the answer that comes in is none for the program, as far as is known."""
        return self._trip is not None and self._trip.step is not None

    def _can_be_sent_again(self) -> bool:
        """Return whether the body, if there is one, can be sent once more."""
        return self._as_resend().is_repeatable()

    def _as_resend(self) -> Resend:
        """Return what says whether the request, as it is now, can be sent once more."""
        drops_body = self._trip is not None and self._trip.drops_body
        if self._resend is not None and not drops_body:
            return self._resend
        body = None if drops_body or isinstance(self._given, str) else self._given.body
        return Resend((self._method, "", body, {}, False))

    def _past(self) -> Page:
        """Return a page of what came of the request up to now."""
        past = Page(self._given, self._index)
        past.url, past.status, past.body = self.url, self.status, self.body
        past._head, past._parser = self._head, self._parser
        past._method = self._method
        past.elapsed, past.tries = self.elapsed, self.tries
        if self._trip is not None and self._trip.is_cut:
            past._begun_trip().is_cut = True
        return past

    def _renew(self) -> None:
        """Forget what came, so that it can be asked for once more."""
        self.status, self.body = None, b""
        self._head = self._parser = self._rest = None
        self._is_fresh = False
        if self._trip is not None:
            self._trip.is_cut = False

    def _redirect(self, following: Next, authorization: str | None, settings: Settings) -> None:
        """Become what a redirect leads to; `authorization` is made of the new URL's credentials."""
        from .._web.redirects import fields_for_next

        trip = self._begun_trip()
        _, headers, _ = self._as_it_is_now(settings)
        kept = fields_for_next(headers, following.crosses_origin, following.drops_body)
        if authorization is not None or following.crosses_origin:
            trip.authorization = authorization
        trip.answer = self._past()
        trip.history.append(trip.answer)
        trip.method, trip.headers = following.method, kept
        trip.drops_body = trip.drops_body or following.drops_body
        self.url = following.url
        self._renew()

    def _asks_upgrade(self) -> bool:
        """Return whether the request asks for another protocol."""
        return asks_upgrade(self.request.headers)

    def _forget(self) -> None:
        """Forget what was needed only while it was under way."""
        self._wire = b""
        self._rest = self._resend = None

    # ------------------------------------------------------------------- the head

    def _response_head(self) -> ResponseHead:
        head = self._head
        if head is None:
            return ResponseHead(11, 0, "", None)
        if type(head) is Head:
            head = self._head = ResponseHead(head.version, head.status, head.reason, head)
        found: ResponseHead = head
        return found


@cache
def _charsets() -> Any:
    """Return what tells charsets, which nobody needs who looks at no text."""
    from .._web import charsets

    return charsets


def _check(request: Request) -> None:
    """Raise `TypeError` or `ValueError` for what is no sink, or no limit of a body."""
    sink = request.sink
    if not (sink is None or callable(sink) or callable(getattr(sink, "write", None))):
        raise TypeError(f"sink must be callable or have write(), not {sink!r:.80}")
    if request.max_body is not None:
        size_of_body(request.max_body)
