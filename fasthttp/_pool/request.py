"""Request: one thing to ask for, as `Pool` takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .._web.urls import shown

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .page import Page
else:
    Any = Page = object  # for typing.get_type_hints()

_NO_HEADERS: Mapping[str, Any] = {}


class Known(NamedTuple):
    """What is kept of a page that is known. Not the page, which may have had a known one, too."""

    url: str
    etag: str | None
    last_modified: str | None
    content_type: str | None
    body: bytes


def _known(page: Page) -> Known:
    try:
        etag, modified = page.getheader("etag"), page.getheader("last-modified")
        kind = page.getheader("content-type")
        before = page.request.known
        if page.status == 304 and before is not None:
            etag, modified = etag or before.etag, modified or before.last_modified
            kind = kind or before.content_type
        elif not _has_its_body(page):
            etag = modified = None  # it is asked for as if nothing were known
        return Known(page.url, etag, modified, kind, page.body)
    except AttributeError:
        kind = type(page).__name__
        raise TypeError(f"known must be a Page that was given before, not {kind}") from None


def _has_its_body(page: Page) -> bool:
    """Return whether the body is that of a whole answer to GET."""
    request = page.request
    is_whole = page.status == 200 and page.error is None and request.sink is None
    return is_whole and request.method == "GET"


class Request:
    """A request, which may be made any number of times.

    - `url`: a str, "http://" or "https://" and what follows. A fragment is not sent.
    - `method`: a str.
    - `headers`: a mapping of names to str, bytes or int. A Content-Length or Transfer-Encoding in
      it says where the body ends.
    - `body`: what `http.client` takes: None, str (ISO-8859-1), bytes-like, a text or binary file,
      or an iterable of bytes-like objects. Files and iterables are read as the socket takes them.
    - `deadline`: seconds from when the request leaves the queue to the last byte of its answer;
      None for the pool's.
    - `max_body`: the most bytes of a body that are taken; None for the pool's.
    - `sink`: a callable, or an object with `write`, which is given the body piece by piece, as
      bytes; the page has none then. After its first piece nothing is sent again. What it raises
      comes out of the run, and ends it.
    - `known`: a `Page` given before, of the same URL. The server is asked for the body only where
      it has another one (RFC 9110 13.1): else the page has the status 304, and the known body.
      Raises `TypeError` for what is none.
    - `tag`: whatever helps to tell what this was for. The pool does not look at it.

    What is wrong with any of the others is the `error` of the page.
    """

    __slots__ = ("body", "deadline", "headers", "known", "max_body", "method", "sink", "tag", "url")

    def __init__(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, Any] = _NO_HEADERS,
        body: Any = None,
        deadline: float | None = None,
        max_body: int | None = None,
        sink: Callable[[bytes], object] | Any = None,
        tag: Any = None,
        known: Page | None = None,
    ) -> None:
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.max_body = max_body
        self.sink = sink
        self.tag = tag
        self.known = None if known is None else _known(known)

    def _write(self) -> Callable[[bytes], object] | None:
        """Return what gives a piece of the body to the sink; None where there is none."""
        sink = self.sink
        write: Callable[[bytes], object] | None
        write = sink if sink is None or callable(sink) else sink.write
        return write

    def _most(self, of_pool: int) -> int:
        """Return the most bytes of a body that are taken, where `of_pool` is the pool's limit."""
        return of_pool if self.max_body is None else self.max_body

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {shown(str(self.url))}>"
