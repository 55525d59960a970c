"""`fasthttp.get` and `fasthttp.fetch`: for the shell, and for programs of five lines."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from .page import Page
from .pool import Pool
from .request import Request
from .run import Run

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for typing.get_type_hints()

#: What those want who look at a page.
_COMFORT: dict[str, Any] = {"redirects": 10, "decode": True}
#: The names of the arguments that are passed on.
_OF_POOL = tuple(Pool.__init__.__kwdefaults__ or ())
_OF_REQUEST = Request.__init__.__code__.co_varnames[2 : Request.__init__.__code__.co_argcount]
#: A pool for each thread: none has to wait for another's answers.
_own = threading.local()


def _default_pool() -> Pool:
    pool: Pool | None = getattr(_own, "pool", None)
    if pool is None or not pool._is_usable():
        pool = _own.pool = Pool(**_COMFORT)
    return pool


def fetch(requests: Iterable[Any], *, ordered: bool = False, **settings: Any) -> Run:
    """Return the pages of requests, each a URL or a `Request`, as they complete: `Pool.map` of a
    pool of its own, which is closed when the run ends.

    `settings` are those of `Pool`, but for `redirects=10` and `decode=True`; `ordered` gives the
    pages in the order of the requests.
    """
    for name in settings:
        if name not in _OF_POOL:
            raise TypeError(
                f"fetch() has no argument {name!r}; it has ordered, and those of Pool:"
                f" {', '.join(_OF_POOL)}"
            )
    pool = Pool(**{**_COMFORT, **settings})
    try:
        run = pool.map(requests, ordered=ordered)
    except BaseException:
        pool.close()
        raise
    run._closes_pool = True
    return run


def get(url: str, **given: Any) -> Page:
    """Return the page of a URL. Raises its error, if it has one; a status of 404 is none.

    `given` are arguments of `Request`: `method`, `headers`, `body`, `deadline`, `max_body`. Up to
    10 redirects are followed, and the body is decoded. The connection is kept for the next one. It
    may be called by any thread.
    """
    for name in given:
        if name not in _OF_REQUEST:
            raise TypeError(
                f"get() has no argument {name!r}; it has those of Request:"
                f" {', '.join(_OF_REQUEST)}; with those of Pool there is fasthttp.fetch([url], ...)"
            )
    pool = _default_pool()
    if pool._work is not None:  # a sink of a page that is fetched just now asks for another one
        with Pool(**_COMFORT) as pool, pool.map((Request(url, **given),)) as run:
            page = next(run)
    else:
        with pool.map((Request(url, **given),)) as run:
            page = next(run)
    if page.error is not None:
        raise page.error
    return page
