"""Whether a fast path may be taken, in pure Python: the twin of guard_c.pyx, and its contract."""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: What C takes as a length, and one more fits.
MOST = sys.maxsize - 1


class Pristine:
    """Answers whether an object's methods are still the ones that a fast path bypasses.

    Made with the class that defines them and their names. Called with an instance of it or of a
    subclass, it is true only where neither a subclass, nor an assignment to a class, nor one to
    the instance has put anything else in the place of one of them.
    """

    __slots__ = ("_attributes_of", "_names", "_originals")

    def __init__(self, owner: type, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)
        self._originals = [(name, getattr(owner, name)) for name in names]
        # What the instance itself holds; a class may show something else as its __dict__.
        self._attributes_of: Callable[[Any], dict[str, Any]] = next(
            found.__get__
            for found in (cls.__dict__.get("__dict__") for cls in owner.__mro__)
            if isinstance(found, types.GetSetDescriptorType)
        )

    def __call__(self, instance: object) -> bool:
        cls = type(instance)
        # No generator: where there is no memory for one, CPython crashes from 3.12 on.
        for name, original in self._originals:
            if getattr(cls, name, None) is not original:
                return False
        return self._names.isdisjoint(self._attributes_of(instance))

    def changed(self, instance: object) -> str | None:
        """The name of a method for which the answer is no; None where the answer is yes."""
        cls = type(instance)
        for name, original in self._originals:
            if getattr(cls, name, None) is not original:
                return name
        held = self._attributes_of(instance)
        return next((name for name, _ in self._originals if name in held), None)

    def accept(self, before: object, after: object) -> None:
        """Count `after` as the original wherever `before` did."""
        self._originals = [
            (name, after if original is before else original) for name, original in self._originals
        ]


class Unchanged:
    """Answers whether names in a module's namespace still have the values they had.

    Made with the namespace, the names, and a dict of what takes precedence over the namespace:
    anything in it is a change. Called without arguments.
    """

    __slots__ = ("_namespace", "_originals", "_overrides")

    def __init__(
        self, namespace: dict[str, Any], names: tuple[str, ...], overrides: dict[str, Any]
    ) -> None:
        self._namespace = namespace
        self._overrides = overrides
        self._originals = [(name, namespace.get(name)) for name in names]

    def __call__(self) -> bool:
        if self._overrides:
            return False
        namespace = self._namespace
        for name, original in self._originals:  # noqa: SIM110 - as above
            if namespace.get(name) is not original:
                return False
        return True

    def changed(self) -> str | None:
        """A name for which the answer is no; None where the answer is yes."""
        for name in self._overrides:
            return name
        for name, original in self._originals:
            if self._namespace.get(name) is not original:
                return name
        return None


class Limits:
    """The present values of two limits, while names next to them are unchanged.

    Made with what `Unchanged` is made with, and the names of the limits. Called without
    arguments: None where `Unchanged` would say no, or a limit is not an int from 0 on; else both,
    and none of them greater than `MOST`.
    """

    __slots__ = ("_first", "_namespace", "_second", "_unchanged")

    def __init__(
        self,
        namespace: dict[str, Any],
        names: tuple[str, ...],
        overrides: dict[str, Any],
        limits: tuple[str, str],
    ) -> None:
        self._unchanged = Unchanged(namespace, names, overrides)
        self._namespace = namespace
        self._first, self._second = limits

    def __call__(self) -> tuple[int, int] | None:
        if not self._unchanged():
            return None
        first, second = self._namespace.get(self._first), self._namespace.get(self._second)
        if type(first) is not int or type(second) is not int or first < 0 or second < 0:
            return None
        return min(first, MOST), min(second, MOST)

    def changed(self) -> str | None:
        """A name for which the answer is None; None where there is an answer."""
        if self() is not None:
            return None
        return self._unchanged.changed() or f"{self._first} or {self._second}"
