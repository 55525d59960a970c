"""Request: one thing to ask for, as `Pool` takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for typing.get_type_hints()

_NO_HEADERS: Mapping[str, Any] = {}


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
    - `tag`: whatever helps to tell what this was for. The pool does not look at it.

    What is wrong with any of these is the `error` of the page.
    """

    __slots__ = ("body", "deadline", "headers", "max_body", "method", "sink", "tag", "url")

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
    ) -> None:
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.max_body = max_body
        self.sink = sink
        self.tag = tag

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {self.url}>"
