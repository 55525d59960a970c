"""What follows a redirect: RFC 9110 15.4, and the Fetch standard ("HTTP-redirect fetch") where that
leaves a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import NamedTuple

from .._http.request import folded
from . import urls

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

#: 300, 304, 305 and 306 are answers: nobody follows them.
STATUSES = frozenset((301, 302, 303, 307, 308))

#: What must not come to another origin; Host would name the wrong one there.
_OF_ORIGIN = frozenset(("authorization", "cookie", "proxy-authorization", "host"))
#: What goes with a body, besides all that begins with "content-".
_OF_BODY = frozenset(
    ("transfer-encoding", "trailer", "expect", "digest", "repr-digest", "last-modified")
)
#: How much of each URL stands in an error.
_SHOWN = 100


class TooManyRedirects(HTTPException):
    """Redirects that lead in a circle, or that are more than are followed.

    `chain` has the URLs, from the one asked for to the one that was not any more, without names and
    passwords.
    """

    def __init__(self, reason: str, chain: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.chain = chain


class Next(NamedTuple):
    """The request to which a redirect leads."""

    url: str
    method: str
    #: Whether it has no body any more.
    drops_body: bool
    #: Whether scheme, host or port is another one.
    crosses_origin: bool


def next_request(
    status: int, method: str, url: str, location: str | None, is_repeatable: bool = True
) -> Next | None:
    """Return what is to be asked for after an answer; None where it is no redirect.

    `is_repeatable` says whether there is no body, or one that can be sent again. Raises
    `InvalidURL` where the Location leads to no page, and `HTTPException` where a body that is gone
    would have to be sent.
    """
    if status not in STATUSES or location is None:
        return None
    to = urls.join(url, location)
    verb = method.upper()
    drops_body = (status in (301, 302) and verb == "POST") or (
        status == 303 and verb not in ("GET", "HEAD")
    )
    if not (drops_body or is_repeatable):
        raise HTTPException(
            f"a redirect ({status}) to {urls.shown(to)[:_SHOWN]} asks for a body that can be sent"
            " only once: give bytes or a file that can seek, or ask for that URL"
        )
    crosses_origin = urls.parse(to).origin != urls.parse(url).origin
    return Next(to, "GET" if drops_body else method, drops_body, crosses_origin)


def fields_for_next(
    headers: Mapping[Any, Any], crosses_origin: bool, drops_body: bool
) -> dict[Any, Any]:
    """Return the fields of a request that its redirected one has, too.

    They are to be those of the request before it, not of the first one: what was left out once
    stays so. Fields made for one URL, as those of validators.py and of a jar, are not among them.
    """
    kept = {}
    for name, value in headers.items():
        key = folded(name)
        if crosses_origin and key in _OF_ORIGIN:
            continue
        if drops_body and (key in _OF_BODY or key.startswith("content-")):
            continue
        kept[name] = value
    return kept


class Chain:
    """The redirects of one request. `most` is how many are followed.

    The same method, URL and cookies again are a circle. With other cookies it is none: sites set
    one and send back to where one came from.
    """

    __slots__ = ("_most", "_seen", "urls")

    def __init__(self, method: str, url: str, most: int, cookie: str | None = None) -> None:
        self.urls = [url]
        self._most = most
        self._seen = {(method, url.partition("#")[0], cookie)}

    def add(self, method: str, url: str, cookie: str | None = None) -> None:
        """Add what a redirect leads to; `cookie` is the Cookie field that would be sent.

        Raises `TooManyRedirects`.
        """
        self.urls.append(url)
        what = method, url.partition("#")[0], cookie
        if what in self._seen:
            raise self._error("the redirects lead in a circle")
        if len(self.urls) - 1 > self._most:
            raise self._error(f"more than {self._most} redirects; raise `redirects` to follow more")
        self._seen.add(what)

    def _error(self, reason: str) -> TooManyRedirects:
        chain = tuple(urls.shown(url) for url in self.urls)
        way = " -> ".join(url[:_SHOWN] for url in chain)
        return TooManyRedirects(f"{reason}: {way}", chain)
