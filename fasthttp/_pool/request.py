"""Request: one thing to ask for, as `Pool` takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from .._web.urls import shown
from .settings import fault_of_fields

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
        raise TypeError(f"known must be a Page, from an earlier request, not {kind}") from None


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
      bytes, whatever the status; `page.body` is empty then. After its first piece nothing is sent
      again. What it raises comes out of the run, and ends it.
    - `known`: a `Page` from an earlier request for the same URL. The server is asked for the body
      only where it has another one (RFC 9110 13.1): else the page has the status 304, and the known
      body. Raises `TypeError` for anything but a `Page`.
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


def explained(request: Request, error: Exception) -> Exception:
    """Return what is wrong with the types in a request that has failed with `error`; else that."""
    if not isinstance(error, (TypeError, AttributeError)):
        return error
    try:
        fault = _fault_of(request)
    except Exception:  # of the program's own objects, as the error itself
        return error
    return error if fault is None else TypeError(fault)


def _fault_of(request: Request) -> str | None:
    if not isinstance(request.method, str):
        return f"method must be a str, such as 'GET', not {request.method!r:.80}"
    if not hasattr(request.headers, "items"):
        return None  # which the error says
    return fault_of_fields(request.headers) or _fault_of_body(request.body)


def _fault_of_body(body: Any) -> str | None:
    kind = type(body).__name__
    wanted = "body must be bytes, a str, a file, or an iterable of bytes"
    if isinstance(body, Mapping):
        return f"{wanted}, not {kind}: json.dumps() and urllib.parse.urlencode() make a str of one"
    if isinstance(body, (list, tuple)):
        kinds = {type(piece).__name__ for piece in body if isinstance(piece, (str, int, float))}
        return f"{wanted}, not of {' and '.join(sorted(kinds))}" if kinds else None
    is_possible = body is None or hasattr(body, "read") or isinstance(body, Iterable)
    return None if is_possible else f"{wanted}, not {kind}"
