"""Pristine: whether a method that a fast path bypasses has been replaced, by anyone, anywhere."""

from __future__ import annotations

from typing import Any

import pytest

from .twins import Twin

_NAMES = ("send", "close")


class _Classes:
    """A fresh family: `Base` has both methods, `Child` and `Grandchild` inherit them."""

    def __init__(self) -> None:
        class Base:
            def send(self) -> str:
                return "sent"

            def close(self) -> None: ...

            def other(self) -> None: ...

        class Child(Base): ...

        class Grandchild(Child): ...

        self.base: Any = Base
        self.child: Any = Child
        self.grandchild: Any = Grandchild


@pytest.fixture
def family() -> _Classes:
    return _Classes()


@pytest.fixture
def pristine(twin: Twin, family: _Classes) -> Any:
    return twin.guard.Pristine(family.base, _NAMES)


def _replacement(self: object) -> None: ...


def test_untouched_instances_are_pristine(pristine: Any, family: _Classes) -> None:
    for cls in (family.base, family.child, family.grandchild):
        instance = cls()
        assert pristine(instance) is True
        assert pristine(instance) is True


@pytest.mark.parametrize("name", _NAMES)
def test_an_override_is_seen(pristine: Any, family: _Classes, name: str) -> None:
    overriding: Any = type("Overriding", (family.child,), {name: _replacement})
    heir: Any = type("Heir", (overriding,), {})
    assert pristine(overriding()) is False
    assert pristine(heir()) is False
    assert pristine(family.child()) is True


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("where", ["base", "child", "grandchild"])
def test_an_assignment_to_a_class_is_seen_at_once(
    pristine: Any, family: _Classes, name: str, where: str
) -> None:
    """Also where the instance was looked at before, and is again when it is taken back."""
    instance = family.grandchild()
    cls = getattr(family, where)
    original = vars(cls).get(name)
    for _ in range(3):
        assert pristine(instance) is True
        setattr(cls, name, _replacement)
        assert pristine(instance) is False
        assert pristine(instance) is False
        if original is None:
            delattr(cls, name)
        else:
            setattr(cls, name, original)
    assert pristine(instance) is True


def test_an_assignment_below_does_not_concern_those_above(pristine: Any, family: _Classes) -> None:
    family.child.send = _replacement
    assert pristine(family.base()) is True
    assert pristine(family.child()) is False
    assert pristine(family.grandchild()) is False


def test_another_method_does_not_matter(pristine: Any, family: _Classes) -> None:
    family.base.other = _replacement
    family.child.more = _replacement
    instance = family.grandchild()
    instance.other = instance.more = 5
    assert pristine(instance) is True


@pytest.mark.parametrize("name", _NAMES)
def test_an_attribute_of_the_instance_is_seen(pristine: Any, family: _Classes, name: str) -> None:
    instance, sibling = family.child(), family.child()
    assert pristine(instance) is True
    setattr(instance, name, lambda: None)
    assert pristine(instance) is False
    assert pristine(sibling) is True
    delattr(instance, name)
    assert pristine(instance) is True


def test_the_same_function_on_the_instance_is_seen_too(pristine: Any, family: _Classes) -> None:
    """A bound original may be the wrapper's way back; whatever it is, somebody put it there."""
    instance = family.base()
    instance.send = instance.send
    assert pristine(instance) is False


def test_a_change_of_bases_is_seen(pristine: Any, family: _Classes) -> None:
    class Mixin:
        def send(self) -> None: ...

    child, bases = family.child, family.child.__bases__
    instance = family.grandchild()
    assert pristine(instance) is True
    child.__bases__ = (Mixin, *bases)
    assert pristine(instance) is False
    child.__bases__ = bases
    assert pristine(instance) is True


def test_a_change_of_class_is_seen(pristine: Any, family: _Classes) -> None:
    overriding: Any = type("Overriding", (family.child,), {"send": _replacement})
    instance = family.child()
    assert pristine(instance) is True
    instance.__class__ = overriding
    assert pristine(instance) is False
    instance.__class__ = family.child
    assert pristine(instance) is True


def test_a_mixin_in_front_is_seen(pristine: Any, family: _Classes) -> None:
    class Mixin:
        def close(self) -> None: ...

    mixed: Any = type("Mixed", (Mixin, family.child), {})
    behind: Any = type("Behind", (family.child, Mixin), {})
    assert pristine(mixed()) is False
    assert pristine(behind()) is True


def test_the_same_function_under_its_name_is_no_change(pristine: Any, family: _Classes) -> None:
    family.child.send = family.base.send
    assert pristine(family.child()) is True


def test_many_classes_in_turn(pristine: Any, family: _Classes) -> None:
    """More than any cache holds, good and bad alternating."""
    good = [type(f"Good{n}", (family.child,), {}) for n in range(50)]
    bad = [type(f"Bad{n}", (family.child,), {"close": _replacement}) for n in range(50)]
    for _ in range(4):
        for one, other in zip(good, bad, strict=True):
            assert pristine(one()) is True
            assert pristine(other()) is False


def test_very_many_changes_of_one_class(pristine: Any, family: _Classes) -> None:
    """CPython stops tagging a class that is changed more than a thousand times."""
    instance = family.child()
    original = family.base.send
    for _ in range(3000):
        family.base.send = _replacement
        assert pristine(instance) is False
        family.base.send = original
        assert pristine(instance) is True


def test_a_class_that_is_changed_just_behind_the_look(twin: Twin) -> None:
    """As another thread can do it, where there is no GIL: it does not count as looked at."""

    class Meta(type):
        changes = 1

        def __getattribute__(cls, name: str) -> Any:
            value = super().__getattribute__(name)
            if name == "send" and Meta.changes and cls is Child:
                Meta.changes = 0
                cls.send = _replacement  # type: ignore[attr-defined]
                Child().send()  # which gives the class a new tag
            return value

    class Base:
        def send(self) -> None: ...

    class Child(Base, metaclass=Meta): ...

    pristine = twin.guard.Pristine(Base, ("send",))
    pristine(Child())
    assert Meta.changes == 0
    assert pristine(Child()) is False


def test_a_class_at_the_place_of_a_dead_one(pristine: Any, family: _Classes) -> None:
    """A new class may lie where a collected one did: it must be looked at anew."""
    for n in range(200):
        good: Any = type("Passing", (family.child,), {})
        assert pristine(good()) is True
        del good
        bad: Any = type("Passing", (family.child,), {"send": _replacement})
        assert pristine(bad()) is False, n
        del bad


def test_guards_do_not_share_what_they_know(twin: Twin, family: _Classes) -> None:
    sends = twin.guard.Pristine(family.base, ("send",))
    closes = twin.guard.Pristine(family.base, ("close",))
    overriding: Any = type("Overriding", (family.child,), {"send": _replacement})
    for _ in range(3):
        assert sends(overriding()) is False
        assert closes(overriding()) is True


def test_static_methods_are_guarded(twin: Twin) -> None:
    class Base:
        @staticmethod
        def length() -> int:
            return 0

    cls: Any = Base
    pristine = twin.guard.Pristine(cls, ("length",))
    assert pristine(cls()) is True
    cls.length = staticmethod(lambda: 1)
    assert pristine(cls()) is False


# ------------------------------------------------------- what changed, and what may


def test_it_says_what_changed(pristine: Any, family: _Classes) -> None:
    overriding: Any = type("Overriding", (family.child,), {_NAMES[1]: _replacement})
    instance = family.child()
    assert pristine.changed(instance) is None
    assert pristine.changed(overriding()) == _NAMES[1]
    setattr(instance, _NAMES[0], _replacement)
    assert pristine.changed(instance) == _NAMES[0]
    assert pristine.changed(family.child()) is None


def test_what_is_accepted_counts_as_the_original(pristine: Any, family: _Classes) -> None:
    instance = family.child()
    assert pristine(instance) is True
    name = _NAMES[0]
    before = getattr(family.base, name)
    setattr(family.base, name, _replacement)
    assert pristine(instance) is False
    pristine.accept(before, _replacement)
    assert pristine(instance) is True
    setattr(family.base, name, before)
    assert pristine(instance) is False
    pristine.accept(_replacement, before)
    assert pristine(instance) is True


def test_what_was_changed_before_is_not_accepted_with_it(pristine: Any, family: _Classes) -> None:
    """Only where the one was the original does the other become it."""
    setattr(family.base, _NAMES[0], _replacement)
    pristine.accept(_replacement, getattr(family.base, _NAMES[1]))
    assert pristine(family.child()) is False
    assert pristine.changed(family.child()) == _NAMES[0]


_ON_CLASS = ("__setattr__", "__getattribute__", "state", "_lines")


@pytest.fixture
def on_class(twin: Twin, family: _Classes) -> Any:
    return twin.guard.Pristine(family.base, _NAMES, _ON_CLASS)


@pytest.mark.parametrize("name", _ON_CLASS)
def test_what_counts_on_the_class_alone(on_class: Any, family: _Classes, name: str) -> None:
    """A property, or a method of object's, in a subclass, the class, or what is mixed in."""
    value = object.__setattr__ if name == "__setattr__" else property(lambda self: None)
    if name == "__getattribute__":
        value = lambda self, name: object.__getattribute__(self, name)  # noqa: E731
    elif name == "__setattr__":
        value = lambda self, name, value: None  # noqa: E731
    mixed: Any = type("Mixed", (family.child, type("Other", (), {name: value})), {})
    over: Any = type("Over", (family.grandchild,), {name: value})
    instance = family.child()
    # object comes last, and so what is mixed in before it.
    assert on_class(mixed()) is False
    assert on_class(over()) is False
    assert on_class.changed(over()) == name
    assert on_class(instance) is True
    setattr(family.base, name, value)
    assert on_class(instance) is False
    assert on_class.changed(instance) == name
    delattr(family.base, name)
    assert on_class(instance) is True
    assert on_class.changed(instance) is None


def test_what_counts_on_the_class_is_not_looked_for_in_instances(
    on_class: Any, family: _Classes
) -> None:
    instance = family.child()
    vars(instance).update(dict.fromkeys(_ON_CLASS, 1))
    assert on_class(instance) is True
    assert on_class.changed(instance) is None


def test_a_method_that_was_taken_away(pristine: Any, family: _Classes) -> None:
    instance = family.child()
    del family.base.send
    assert pristine(instance) is False
    assert pristine.changed(instance) == "send"


def test_accepted_beside_what_counts_on_the_class(on_class: Any, family: _Classes) -> None:
    instance = family.child()
    before, family.base.send = family.base.send, _replacement
    assert on_class(instance) is False
    on_class.accept(before, _replacement)
    assert on_class(instance) is True
    family.child.state = property(lambda self: None)
    assert on_class(instance) is False
