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
from contextlib import contextmanager

from . import hooks
from ._install import bodies, guards, heads, sending
from ._install.known import Knowledge
from ._install.places import original, ours, split, standing

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["InstallWarning", "install", "installed", "installed_for", "uninstall"]

_LENDERS = (bodies, heads, sending)
_lock = threading.RLock()
_installed = False
_warned = False


class InstallWarning(RuntimeWarning):
    """install() or uninstall() left something alone; the message says what, and why."""


def install() -> dict[str, str]:
    """Let `http.client` use fasthttp's code, in this process, for all of its users.

    Returns what was left alone, as place ("HTTPConnection.putrequest") and reason; each function
    stands for itself, so the others are as fast as ever. What another tool has wrapped is left
    to it. A function of a `http.client` that this fasthttp has not seen is left as it is, and an
    `InstallWarning` says so, once. Calling it again looks again.
    """
    global _installed
    with _lock:
        knowledge = Knowledge()
        left: dict[str, str] = {}
        for place, function in ours.items():
            if standing(place) is function:
                continue
            objection = knowledge.objection(place)
            if objection is not None:
                left[place] = objection
                continue
            owner, name = split(place)
            original[place] = vars(owner)[name]
            setattr(owner, name, function)
        _settle(knowledge)
        _installed = True
        _warn_of_unknown(left)
        return left


def uninstall() -> list[str]:
    """Put back the very functions that `install()` replaced.

    Returns the places where something else stands by now, such as a tool's wrapper around
    fasthttp's function: they are left alone, and an `InstallWarning` names them. What such a
    wrapper calls does the same as the original.
    """
    global _installed
    with _lock:
        left = []
        for place, function in ours.items():
            owner, name = split(place)
            found = standing(place)
            if found is function:
                setattr(owner, name, original[place])
            elif _installed and place in original and found is not original[place]:
                left.append(place)
        _settle(Knowledge())
        _installed = False
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


@contextmanager
def installed_for() -> Iterator[None]:
    """`install()` for the time of a `with` block; what was installed before stays so."""
    before = installed()
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()


def _settle(knowledge: Knowledge) -> None:
    """Let the guards, and fasthttp's own classes, know what counts as unchanged from now on."""
    lent = {place for place, function in ours.items() if standing(place) is function}
    guards.set_up(
        {
            place: None if place in lent else knowledge.objection(place)
            for place in guards.watched()
        }
    )
    hooks.accept("parse_headers", ours["parse_headers"] if "parse_headers" in lent else None)


def _warn_of_unknown(left: dict[str, str]) -> None:
    global _warned
    unknown = [place for place, why in left.items() if why != "is not http.client's own"]
    if unknown and not _warned:
        _warned = True
        warnings.warn(
            "this Python's http.client is not the one that fasthttp knows; left alone: "
            + ", ".join(f"{place} ({left[place]})" for place in unknown),
            InstallWarning,
            stacklevel=3,
        )
