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
    """Return the pages of many requests, as they come: an iterator of `Page`.

    `requests` is an iterable of URLs (str) and `Request`s, endless ones too; they are taken as
    there is room. `ordered` gives the pages in their order. An error is a page, too: look at its
    `error` before its `status`.

    `settings` are those of `Pool`, with `redirects=10` and `decode=True` unless you say otherwise.
    The pool is closed when the run ends, or is closed.

    Raises `TypeError` and `ValueError` for arguments that cannot be meant.
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
    """Return the page of one URL, a `Page`. A status of 404 is an answer as any other.

    `given` are arguments of `Request` and of `Pool` by keyword, such as `method`, `headers`,
    `body`, `deadline` and `timeout` in seconds, `max_body` in bytes, `retries`, and `context` for
    TLS. Up to 10 redirects are followed, and the body is decoded, unless you say otherwise. The
    connection is kept for the next call, unless there are arguments of `Pool`. Any thread may call
    it.

    Raises what would be the page's `error`: `OSError` (`TimeoutError` among them) where the network
    fails, `http.client.HTTPException` where the answer is broken, `InvalidURL` for what is no URL;
    and `TypeError` for an argument that there is not.
    """
    settings: dict[str, Any] = {}
    for name in tuple(given):
        if name in _OF_REQUEST:
            continue
        if name not in _OF_POOL:
            more = [name for name in _OF_POOL if name not in _OF_REQUEST]
            raise TypeError(
                f"get() has no argument {name!r}; it has those of Request:"
                f" {', '.join(_OF_REQUEST)}; and those of Pool: {', '.join(more)}"
            )
        settings[name] = given.pop(name)
    request = Request(url, **given)
    pool = _default_pool()
    # Busy is that pool where a sink of a page that is fetched just now asks for another one.
    if settings or pool._work is not None:
        with Pool(**{**_COMFORT, **settings}) as pool, pool.map((request,)) as run:
            page = next(run)
    else:
        with pool.map((request,)) as run:
            page = next(run)
    if page.error is not None:
        raise page.error
    return page
