"""`fasthttp.get` and `fasthttp.fetch`: for the shell, and for programs of five lines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from .page import Page
from .pool import Pool
from .request import Request
from .run import Run

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Unpack

    from .keywords import OfFetch, OfGet
else:  # for typing.get_type_hints()
    Any = OfFetch = OfGet = object
    Unpack = list

#: How many redirects are followed for those who just want to look at a page.
_REDIRECTS = 10
_NO_HEADERS: Mapping[str, Any] = {}
#: The names of the arguments.
_OF_POOL = tuple(Pool.__init__.__kwdefaults__ or ())
_OF_REQUEST = Request.__init__.__code__.co_varnames[2 : Request.__init__.__code__.co_argcount]
_OF_FETCH = ("ordered",)
#: A pool for each thread: none has to wait for another's answers.
_own = threading.local()


def _default_pool() -> Pool:
    pool: Pool | None = getattr(_own, "pool", None)
    if pool is None or not pool._is_usable():
        pool = _own.pool = Pool(redirects=_REDIRECTS, decode=True)
    return pool


def _check_names(settings: Mapping[str, Any], function: str, own: tuple[str, ...]) -> None:
    """Raise `TypeError` for a setting that is none of a pool's; `own` are the function's own."""
    for name in settings:
        if name not in _OF_POOL:
            from difflib import get_close_matches

            of_pool = [each for each in _OF_POOL if each not in own]
            text = f"{function}() has no argument {name!r}"
            near = get_close_matches(name, (*own, *of_pool), 1)
            if near:
                raise TypeError(f"{text}: did you mean {near[0]!r}?")
            its = "ordered," if own == _OF_FETCH else f"those of Request: {', '.join(own)};"
            raise TypeError(f"{text}; it has {its} and those of Pool: {', '.join(of_pool)}")


def fetch(
    requests: Iterable[Any],
    *,
    ordered: bool = False,
    redirects: int = _REDIRECTS,
    decode: bool = True,
    **settings: Unpack[OfFetch],
) -> Run:
    """Return the pages of many requests, as they come: an iterator of `Page`.

    `requests` is an iterable of URLs (str) and `Request`s, endless ones too; they are taken as
    there is room. `ordered` gives the pages in their order. An error is a page, too: look at its
    `error` before its `status`.

    All other arguments are those of `Pool`, where they are explained. The most used: `total` and
    `per_host`, how many connections there are; `deadline` and `timeout`, in seconds; `headers`, as
    `{"User-Agent": ...}`, without which none is sent; `retries`, `cookies`, `proxy`, `max_body`,
    `delay`. The pool is closed when the run ends, or is closed.

    Raises `TypeError` and `ValueError` for invalid arguments.
    """
    _check_names(settings, "fetch", _OF_FETCH)
    pool = Pool(redirects=redirects, decode=decode, **settings)
    try:
        run = pool.map(requests, ordered=ordered)
    except BaseException:
        pool.close()
        raise
    run._closes_pool = True
    return run


def get(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, Any] = _NO_HEADERS,
    body: Any = None,
    deadline: float | None = None,
    max_body: int | None = None,
    sink: Callable[[bytes], object] | Any = None,
    tag: Any = None,
    known: Page | None = None,
    redirects: int = _REDIRECTS,
    decode: bool = True,
    **settings: Unpack[OfGet],
) -> Page:
    """Return the page of one URL, a `Page`. A status of 404 is an answer as any other.

    The arguments from `method` to `known` are those of `Request`, all others those of `Pool`, such
    as `timeout` in seconds, `retries`, `proxy`, and `context` for TLS. No User-Agent is sent unless
    `headers` has one. The connection is kept for the next call, unless there are arguments of
    `Pool`. Any thread may call it.

    Raises what would be the page's `error`: `OSError` (`TimeoutError` among them) where the network
    fails, `http.client.HTTPException` where the answer is broken, `InvalidURL` for what is no URL;
    and `TypeError` for an argument that there is not.
    """
    _check_names(settings, "get", _OF_REQUEST)
    request = Request(url, method, headers, body, deadline, max_body, sink, tag, known)
    pool = _default_pool()
    is_usual = redirects == _REDIRECTS and decode is True and not settings
    # Busy is that pool where a sink of a page that is fetched just now asks for another one.
    if not is_usual or pool._work is not None:
        own = Pool(redirects=redirects, decode=decode, **settings)
        with own, own.map((request,)) as run:
            page = next(run)
    else:
        with pool.map((request,)) as run:
            page = next(run)
    if page.error is not None:
        raise page.error
    return page
