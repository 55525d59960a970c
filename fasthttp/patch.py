"""install(): every program on `http.client` goes faster, unchanged.

    import fasthttp
    fasthttp.install()

Functions of `http.client` are replaced in place, in the module and in its own classes, so that
everything built on it is reached, whether it was imported before or after: urllib.request,
urllib3, requests, botocore, xmlrpc.client, httplib2, pip. The classes, their attributes and the
running Python's behaviour stay as they are.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from ._client import forking
from ._http import hooks
from ._install import bodies, heads, newest, ordinary, sending
from ._install.guards import guards
from ._install.known import FOREIGN, LOADED_ANEW, knowledge
from ._install.places import (
    IS_NEWEST,
    MISSING,
    behind,
    exists,
    found,
    is_imported_anew,
    is_loaded_anew,
    is_ours,
    leaves,
    newer,
    newer_leaves,
    split,
    standing,
)

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any

__all__ = ["InstallWarning", "install", "installed", "installed_for", "uninstall"]

# What they mark is in the tables of places.py.
_MARKING = (bodies, heads, newest, ordinary, sending)
# Reentrant: within install() a finalizer may run, or the handler of a signal. A child that is
# forked meanwhile finds each function either replaced or not, and may call it again.
_lock = threading.RLock()
forking.renew_in_child(globals(), "_lock")
_installed = False
_filled: set[str] = set()  # the places that install() has put something into
_has_warned = False
_left: dict[str, str] = {}

#: What makes the functions that count go out of the way for a while; see _counting/where.py.
set_aside: Callable[[], AbstractContextManager[None]] = nullcontext


class InstallWarning(RuntimeWarning):
    """install() or uninstall() left something alone; the message says what, and why."""


def install(newest: bool = False) -> dict[str, str]:
    """Let `http.client` use fasthttp's code, in this process, for all of its users.

    `newest`: also with the behaviour of CPython 3.15.2, and so its security fixes, on 3.10 to
    3.14. The last call rules.

    Returns what was left alone, as place ("HTTPConnection.putrequest") and reason; each function
    stands for itself, so the others are as fast as ever. What another tool has wrapped is left
    to it. A function of a `http.client` that this fasthttp has not seen is left as it is, and an
    `InstallWarning` says so, once. Calling it again looks again. After
    `importlib.reload(http.client)` all is left alone.
    """
    global _installed
    with _lock, set_aside():
        left = _put_all(newest)
        if is_imported_anew():
            left["http.client"] = "was imported again: only the first one is faster"
        _settle()
        _installed = True
        _left.clear()
        _left.update(left)
        warn = _is_news(left)
    if warn:
        unknown = ", ".join(f"{place} ({why})" for place, why in left.items() if why != FOREIGN)
        warnings.warn(
            f"fasthttp does not know this http.client in full; left alone: {unknown}",
            InstallWarning,
            stacklevel=2,
        )
    return left


def uninstall() -> list[str]:
    """Put back the very functions that `install()` replaced.

    Returns the places where something else stands by now, such as a tool's wrapper around
    fasthttp's function: they are left alone, and an `InstallWarning` names them. What such a
    wrapper calls does the same as the original.
    """
    global _installed
    with _lock, set_aside():
        left = []
        for place, before in found.items():
            now = standing(place)
            if is_ours(place, now):
                _restore(place)
            elif place in _filled and now is not before and not is_loaded_anew():
                left.append(place)
        _filled.clear()
        behind.update(found)
        _settle()
        _installed = False
        _left.clear()
    if left:
        warnings.warn(
            f"fasthttp.uninstall() left alone what is not fasthttp's any more: {', '.join(left)}",
            InstallWarning,
            stacklevel=2,
        )
    return left


def installed() -> bool:
    """Whether `install()` is in force."""
    return _installed


def left_alone() -> dict[str, str]:
    """What the `install()` that is in force has left alone, and why."""
    with _lock:
        return dict(_left)


@contextmanager
def installed_for(newest: bool = False) -> Iterator[None]:
    """`install()` for the time of a `with` block; where it was in force before, nothing changes."""
    before = installed()
    if not before:
        install(newest)
    try:
        yield
    finally:
        if not before:
            uninstall()


def _wanted(newest: bool) -> dict[str, Any]:
    """What is to stand in each place; sets what is behind it."""
    if not newest or IS_NEWEST:
        behind.update(found)
        return dict(leaves)
    differing = {
        place: value
        for place, value in newer.items()
        if exists(place) and not knowledge().is_newest(place) and not _has_value(place)
    }
    behind.update({**found, **differing})
    return {**differing, **newer_leaves}


def _has_value(place: str) -> bool:
    """Whether there is a number or the like, which is its owner's to set."""
    now = standing(place)
    return now is not MISSING and not callable(now) and not is_ours(place, now)


def _put_all(newest: bool) -> dict[str, str]:
    """Put what is wanted into each place, and take back the rest; what was left alone, and why."""
    if is_loaded_anew():
        return dict.fromkeys(leaves, LOADED_ANEW)
    wanted = _wanted(newest)
    for place in list(found):
        if place not in wanted and is_ours(place, standing(place)):
            _restore(place)
    objections = {place: _put(place, value) for place, value in wanted.items()}
    return {place: why for place, why in objections.items() if why is not None}


def _put(place: str, value: Any) -> str | None:
    """Put a value into a place, unless there is an objection; what that is."""
    now = standing(place)
    if not is_ours(place, now):
        objection = knowledge().objection(place)
        if objection is not None and (now is not MISSING or place not in newer):
            return objection
        found[place] = now
        behind.setdefault(place, now)
    _filled.add(place)
    if now is not value:
        owner, name = split(place)
        setattr(owner, name, value)
    return None


def _restore(place: str) -> None:
    owner, name = split(place)
    if found[place] is MISSING:
        delattr(owner, name)
    else:
        setattr(owner, name, found[place])


def _settle() -> None:
    """Let the guards, and fasthttp's own classes, know what counts as unchanged from now on."""
    objections = {}
    for place in guards.watched():
        is_lent = is_ours(place, standing(place)) and not is_loaded_anew()
        objections[place] = None if is_lent else knowledge().objection(place)
    guards.set_up(objections)
    ordinary.ordinary.set_up(heads.most_fields, sending.hosts)
    lent = {name: standing(name) for name in newer_leaves | newer if "." not in name}
    hooks.accept({name: value for name, value in lent.items() if is_ours(name, value)})


def _is_news(left: dict[str, str]) -> bool:
    global _has_warned
    if LOADED_ANEW in left.values() or "http.client" in left:
        return True
    unknown = not _has_warned and any(why != FOREIGN for why in left.values())
    _has_warned = _has_warned or unknown
    return unknown
