"""A set of objects that are told apart by identity and held weakly.

A `weakref.WeakSet` asks `__eq__` and `__hash__`, by which subclasses say what they like. This needs
no lock, which a forked child could inherit while it is held, or a finalizer wait for: each step is
one operation of a dict, whole with the GIL and without it.
"""

from __future__ import annotations

import weakref

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


class _Noted(weakref.ref[object]):
    """A member; `place` is its key."""

    __slots__ = ("place",)
    place: int


class Identities:
    """A set like that. Members leave it when they are no longer in use."""

    def __init__(self) -> None:
        self._noted: dict[int, _Noted] = {}

    def add(self, member: object) -> bool:
        """Add an object; whether it is new. Raises `TypeError` where no weak reference to it can be
        made.
        """
        place = id(member)
        found = self._noted.get(place)
        if found is not None and found() is member:
            return False
        noted = _Noted(member, self._forget)
        noted.place = place
        self._noted[place] = noted
        return True

    def _forget(self, noted: _Noted) -> None:
        # Before the member's memory, and so its identity, can be that of another one.
        self._noted.pop(noted.place, None)

    def members(self) -> list[Any]:
        """Return the members that are still in use."""
        found = (noted() for noted in list(self._noted.values()))
        return [member for member in found if member is not None]
