"""Whether a fast path may be taken, in pure Python: the twin of guard_c.pyx, and its contract."""

from __future__ import annotations

import types

from .._codec.sizes import MOST

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Modules of classes that nobody adds anything to.
_FIXED = ("builtins", "io", "_io")


class _Values:
    """What a class has under some names, to be compared with what it has later, or a subclass."""

    __slots__ = ("_absent", "_moving", "_owner", "_same_values")

    def __init__(self, owner: type, names: tuple[str, ...]) -> None:
        self._owner = owner
        self._moving = _moving(owner)
        self.take([(name, getattr(owner, name, None)) for name in names])

    def take(self, pairs: list[tuple[str, Any]]) -> None:
        """Count these as the values; None stands for a name that the class has not got."""
        self._absent = frozenset(name for name, value in pairs if value is None)
        present = [(f"cls.{name}", value) for name, value in pairs if value is not None]
        self._same_values = _comparison("cls", present, {})

    def same(self, cls: type) -> bool:
        """Whether a class has the same values."""
        try:
            if not self._same_values(cls):
                return False
        except AttributeError:  # somebody has taken one away
            return False
        if self._absent:
            for base in self._moving if cls is self._owner else _moving(cls):
                if not base.__dict__.keys().isdisjoint(self._absent):
                    return all(getattr(cls, name, None) is None for name in self._absent)
        return True


def _comparison(
    arguments: str, pairs: list[tuple[str, Any]], names: dict[str, Any]
) -> Callable[..., bool]:
    """A function that says whether expressions, of arguments and names, have these values.

    A look at a class costs least in code that has its attribute's name: the interpreter remembers
    there what it found.
    """
    names |= {f"v{index}": value for index, (_, value) in enumerate(pairs)}
    terms = [f"{expression} is v{index}" for index, (expression, _) in enumerate(pairs)]
    source = f"lambda {arguments}: {' and '.join(terms) or True}"
    made: Callable[..., bool] = eval(source, names)  # noqa: S307 - of the package's own names
    return made


def _moving(cls: type) -> list[type]:
    """The classes in a class's order that somebody may change."""
    return [base for base in cls.__mro__ if base.__module__ not in _FIXED]


class Pristine:
    """Answers whether an object's methods are still the ones that a fast path bypasses.

    Made with the class that defines them and their names. Called with an instance of it or of a
    subclass, it is true only where neither a subclass, nor an assignment to a class, nor one to
    the instance has put anything else in the place of one of them. `on_class`: names for which
    only the class counts, such as `__setattr__`, or an attribute of the instances, which a
    subclass may have a property for; the class need not have them.
    """

    __slots__ = ("_attributes_of", "_names", "_originals", "_values")

    #: Whether asking takes less time than a few calls of Python functions.
    is_cheap = False

    def __init__(self, owner: type, names: tuple[str, ...], on_class: tuple[str, ...] = ()) -> None:
        self._names = frozenset(names)
        self._originals = [(name, getattr(owner, name)) for name in names]
        self._originals += [(name, getattr(owner, name, None)) for name in on_class]
        self._values = _Values(owner, (*names, *on_class))
        # What the instance itself holds; a class may show something else as its __dict__.
        self._attributes_of: Callable[[Any], dict[str, Any]] = next(
            found.__get__
            for found in (cls.__dict__.get("__dict__") for cls in owner.__mro__)
            if isinstance(found, types.GetSetDescriptorType)
        )

    def __call__(self, instance: object) -> bool:
        if not self._values.same(type(instance)):
            return False
        try:
            attributes = self._attributes_of(instance)
        except TypeError:  # an object of another class, which has borrowed the methods
            attributes = vars(instance)
        return self._names.isdisjoint(attributes)

    def changed(self, instance: object) -> str | None:
        """The name of a method for which the answer is no; None where the answer is yes."""
        held, cls = self._attributes_of(instance), type(instance)
        for name, original in self._originals:
            if (name in held and name in self._names) or getattr(cls, name, None) is not original:
                return name
        return None

    def accept(self, before: object, after: object) -> None:
        """Count `after` as the original wherever `before` did."""
        self._originals = [
            (name, after if original is before else original) for name, original in self._originals
        ]
        self._values.take(self._originals)


class Unchanged:
    """Answers whether names in a module's namespace still have the values they had.

    Made with the namespace, the names, and a dict of what takes precedence over the namespace:
    anything in it is a change. `others` are more namespaces, or classes, each with the names that
    count in it; `changed` says these with their module. Called without arguments.
    """

    __slots__ = ("_classes", "_namespaces", "_overrides", "_same_classes", "_watched")

    def __init__(
        self,
        namespace: dict[str, Any],
        names: tuple[str, ...],
        overrides: dict[str, Any],
        others: tuple[tuple[Any, tuple[str, ...]], ...] = (),
    ) -> None:
        self._overrides = overrides
        self._watched = ((namespace, names), *others)
        self.renew()

    def renew(self) -> None:
        """Count what is there now as the original, also where it had been changed."""
        self._classes = [
            (owner, [(name, getattr(owner, name, None)) for name in held])
            for owner, held in self._watched
            if isinstance(owner, type)
        ]
        self._same_classes = _comparison(
            "",
            [
                (f"c{at}.{name}" if value is not None else f"getattr(c{at}, {name!r}, None)", value)
                for at, (_, pairs) in enumerate(self._classes)
                for name, value in pairs
            ],
            {f"c{at}": cls for at, (cls, _) in enumerate(self._classes)},
        )
        self._namespaces = [
            (owner.get, [(name, owner.get(name)) for name in held])
            for owner, held in self._watched
            if not isinstance(owner, type)
        ]

    def __call__(self) -> Any:
        if self._overrides:
            return False
        for get, pairs in self._namespaces:
            for name, original in pairs:
                if get(name) is not original:
                    return False
        try:
            return self._same_classes()
        except AttributeError:  # somebody has taken one away
            return False

    def changed(self) -> str | None:
        """A name for which the answer is no; None where the answer is yes."""
        for name in self._overrides:
            return name
        at = ""
        for get, pairs in self._namespaces:
            for name, original in pairs:
                if get(name) is not original:
                    return f"{at and get('__name__')}{at}{name}"
            at = "."
        for cls, pairs in self._classes:
            for name, original in pairs:
                if getattr(cls, name, None) is not original:
                    return f"{cls.__module__}.{cls.__qualname__}.{name}"
        return None


class Limits(Unchanged):
    """The present values of two limits, while names next to them are unchanged.

    Made with what `Unchanged` is made with, and the names of the limits. Called without
    arguments: None where `Unchanged` would say no, or a limit is not an int from 0 on; else both,
    and none of them greater than `MOST`.
    """

    __slots__ = ("_first", "_namespace", "_second")

    def __init__(
        self,
        namespace: dict[str, Any],
        names: tuple[str, ...],
        overrides: dict[str, Any],
        limits: tuple[str, str],
        others: tuple[tuple[Any, tuple[str, ...]], ...] = (),
    ) -> None:
        Unchanged.__init__(self, namespace, names, overrides, others)
        self._namespace = namespace
        self._first, self._second = limits

    def __call__(self) -> tuple[int, int] | None:
        if not Unchanged.__call__(self):
            return None
        first, second = self._namespace.get(self._first), self._namespace.get(self._second)
        if type(first) is not int or type(second) is not int or first < 0 or second < 0:
            return None
        return min(first, MOST), min(second, MOST)

    def changed(self) -> str | None:
        """A name for which the answer is None; None where there is an answer."""
        if self() is not None:
            return None
        return Unchanged.changed(self) or f"{self._first} or {self._second}"
