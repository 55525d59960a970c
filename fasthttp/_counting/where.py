"""Where the counting functions stand while counting is on, and how they come and go.

Nothing is counted by the functions that work: their places are taken by others, which call them.
A guard that watches such a place is told that the new one counts as the original. So fast ways
stay what they are, and without counting they cost nothing.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager

from .. import patch
from .._client import chunked, connection, forking, response, sending
from .._compiled import Pristine
from .._install import places
from .._install import sending as lent
from .._install.guards import guards
from .._install.places import CLASSES
from . import children, wrappers
from .totals import totals

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_READS = tuple((name, wrappers.timed) for name in ("read", "read1", "readinto", "readline"))
#: Those of a request that is written line by line.
_PUTS = tuple((name, wrappers.timed) for name in ("putrequest", "putheader", "endheaders"))

#: Of fasthttp's own classes: the owner, a name in it, and what makes the counting function.
_OWN: list[tuple[Any, str, Callable[[Any], Any]]] = [
    (connection.HTTPConnection, "_send_request", wrappers.timed),
    (sending, "send_fast", wrappers.own_send_fast),
    (sending, "_send_joined", wrappers.noting("Connection.send")),
    *((connection.HTTPConnection, name, make) for name, make in _PUTS),
    (connection.HTTPConnection, "getresponse", wrappers.exchange),
    (sending, "encode_head", wrappers.encode_head),
    (connection.HTTPConnection, "send", wrappers.send),
    (response.HTTPResponse, "begin", wrappers.own_begin),
    (response, "_begin_fast", wrappers.noting("Response.begin")),
    (chunked, "_take_chunks", wrappers.own_take_chunks),
    *((response.HTTPResponse, name, make) for name, make in _READS),
]

#: Of `http.client`'s, while install() is in force.
_LENT: list[tuple[Any, str, Callable[[Any], Any]]] = [
    (CLASSES["HTTPConnection"], "_send_request", wrappers.timed),
    *((CLASSES["HTTPConnection"], name, make) for name, make in _PUTS),
    (CLASSES["HTTPConnection"], "getresponse", wrappers.lent_exchange),
    (CLASSES["HTTPConnection"], "send", wrappers.send),
    (lent, "_transmit", wrappers.transmit),
    (CLASSES["HTTPResponse"], "begin", wrappers.begin),
    (CLASSES["HTTPResponse"], "getheader", wrappers.timed),
    *((CLASSES["HTTPResponse"], name, make) for name, make in _READS),
]

# Reentrant: see patch.py, which holds its lock while it takes this one.
_lock = threading.RLock()
forking.renew_in_child(globals(), "_lock")
#: By owner and name: what stood there, and what counts in its place.
_placed: dict[tuple[Any, str], tuple[Any, Any]] = {}


def start() -> None:
    """Count from now on, from zero; does nothing where counting is on."""
    with _lock:
        if not totals.on:
            totals.reset()
            children.watch()
            _put()
            totals.on = True


def stop() -> None:
    """Count no more."""
    with _lock:
        if totals.on:
            totals.on = False
            totals.end()
            children.rest()
            _take_back()


@contextmanager
def set_aside() -> Iterator[None]:
    """A while in which everything stands as if nobody counted: for install() to look, and put."""
    with _lock:
        counting, totals.on = totals.on, False
        _take_back()  # also what came back with a tool that was taken off since
        try:
            yield
        finally:
            if counting:
                _put()
                totals.on = True


def _put() -> None:
    for owner, name, make in _OWN + _LENT if patch.installed() else _OWN:
        before = vars(owner)[name]
        placed = _placed.get((owner, name))
        # A tool has wrapped our function, and so keeps it: it goes on counting.
        if placed is not None and before is not placed[0]:
            continue
        after = make(before)
        _placed[owner, name] = before, after
        _exchange(owner, name, before, after)
    places.counted = wrappers.step_aside


def _take_back() -> None:
    for (owner, name), (before, after) in list(_placed.items()):
        if vars(owner)[name] is after:
            _exchange(owner, name, after, before)
            del _placed[owner, name]
    places.counted = None


def _exchange(owner: Any, name: str, before: Any, after: Any) -> None:
    setattr(owner, name, after)
    ours = sending.request_methods_unchanged, chunked.line_methods_unchanged
    for guard in (*ours, *guards.of_methods()):
        if isinstance(guard, Pristine):
            guard.accept(before, after)


patch.set_aside = set_aside
