"""`fasthttp.get` and `fasthttp.fetch`: for the shell, and for programs of five lines."""

from __future__ import annotations

import atexit
import os
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

_lock = threading.Lock()
_pool: Pool | None = None


def _default_pool() -> Pool:
    global _pool
    with _lock:
        if _pool is None:
            _pool = Pool()
            atexit.register(_pool.close)
        return _pool


def _in_child() -> None:
    global _lock, _pool
    _lock = threading.Lock()
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def fetch(requests: Iterable[Any], *, ordered: bool = False, **settings: Any) -> Run:
    """Return the pages of requests, each a URL or a `Request`, as they complete: `Pool.map` of a pool of its own,
    which is closed when the run ends.

    `settings` are those of `Pool`; `ordered` gives the pages in the order of the requests.
    """
    pool = Pool(**settings)
    run = pool.map(requests, ordered=ordered)
    run._closes_pool = True
    return run


def get(url: str, **given: Any) -> Page:
    """Return the page of a URL. Raises its error, if it has one; a status of 404 is none.

    `given` are arguments of `Request`: `method`, `headers`, `body`, `deadline`, `max_body`. The
    connection is kept for the next one. It may be called by any thread.
    """
    return _default_pool()._get(Request(url, **given))
