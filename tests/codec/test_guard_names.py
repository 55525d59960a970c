"""Unchanged and Limits: whether names in a namespace have kept their values; what limits say."""

from __future__ import annotations

import io
import sys
import threading
from typing import Any

import pytest

from .twins import Twin

_NAMES = ("parse", "check", "absent")


def _namespace() -> dict[str, Any]:
    return {"parse": object(), "check": object(), "line": 65536, "count": 100}


def test_unchanged_until_a_name_is_set(twin: Twin) -> None:
    namespace = _namespace()
    unchanged = twin.guard.Unchanged(namespace, _NAMES, {})
    assert unchanged() is True
    namespace["line"] = 5
    assert unchanged() is True
    for name in _NAMES:
        before = namespace.get(name)
        namespace[name] = object()
        assert unchanged() is False
        if before is None:
            del namespace[name]
        else:
            namespace[name] = before
        assert unchanged() is True
    del namespace["check"]
    assert unchanged() is False


def test_a_change_is_seen_however_often_there_was_none(twin: Twin) -> None:
    namespace, other = _namespace(), {"__name__": "other", "parse": object()}
    unchanged = twin.guard.Unchanged(namespace, _NAMES, {}, ((other, ("parse",)),))
    limits = twin.guard.Limits(namespace, _NAMES, {}, ("line", "count"))

    def asked() -> tuple[Any, Any]:
        return [unchanged() for _ in range(3)], [limits() for _ in range(3)]

    plain = [True] * 3, [(65536, 100)] * 3
    assert asked() == plain
    for space, name in ((namespace, "parse"), (other, "parse"), (namespace, "absent")):
        before = space.get(name)
        space[name] = 5
        in_limits = None if space is namespace else (65536, 100)
        assert asked() == ([False] * 3, [in_limits] * 3)
        del space[name]
        if before is not None:
            assert asked() == ([False] * 3, [in_limits] * 3)
            space[name] = before
        assert asked() == plain
    held = dict(namespace)
    namespace.clear()
    assert asked() == ([False] * 3, [None] * 3)
    namespace.update(held)
    assert asked() == plain
    namespace["line"] = 7
    assert asked() == ([True] * 3, [(7, 100)] * 3)
    namespace["count"] = "many"
    assert asked() == ([True] * 3, [None] * 3)
    namespace["count"] = 100
    unchanged.renew()
    assert asked() == ([True] * 3, [(7, 100)] * 3)


def test_an_equal_value_is_a_change(twin: Twin) -> None:
    namespace: dict[str, Any] = {"text": [1]}
    unchanged = twin.guard.Unchanged(namespace, ("text",), {})
    namespace["text"] = [1]
    assert unchanged() is False


def test_anything_in_the_overrides_is_a_change(twin: Twin) -> None:
    overrides: dict[str, Any] = {}
    unchanged = twin.guard.Unchanged(_namespace(), _NAMES, overrides)
    limits = twin.guard.Limits(_namespace(), _NAMES, overrides, ("line", "count"))
    overrides["elsewhere"] = None
    assert unchanged() is False
    assert limits() is None
    overrides.clear()
    assert unchanged() is True
    assert limits() == (65536, 100)


def test_limits_are_those_of_now(twin: Twin) -> None:
    namespace = _namespace()
    limits = twin.guard.Limits(namespace, _NAMES, {}, ("line", "count"))
    assert limits() == (65536, 100)
    namespace.update(line=0, count=7)
    assert limits() == (0, 7)
    namespace["parse"] = None
    assert limits() is None


@pytest.mark.parametrize("huge", [sys.maxsize - 1, sys.maxsize, sys.maxsize + 1, 10**40])
def test_huge_limits_are_clipped(twin: Twin, huge: int) -> None:
    namespace = _namespace() | {"line": huge, "count": huge}
    limits = twin.guard.Limits(namespace, _NAMES, {}, ("line", "count"))
    assert limits() == (sys.maxsize - 1, sys.maxsize - 1)


class _Number(int):
    pass


@pytest.mark.parametrize("odd", [-1, -(10**40), 2.5, None, "5", True, _Number(5)])
@pytest.mark.parametrize("name", ["line", "count"])
def test_odd_limits_are_for_the_plain_way(twin: Twin, name: str, odd: Any) -> None:
    limits = twin.guard.Limits(_namespace() | {name: odd}, _NAMES, {}, ("line", "count"))
    assert limits() is None


def test_absent_limits_are_for_the_plain_way(twin: Twin) -> None:
    namespace = _namespace()
    del namespace["line"]
    assert twin.guard.Limits(namespace, _NAMES, {}, ("line", "count"))() is None


def test_the_name_that_changed(twin: Twin) -> None:
    namespace = _namespace()
    overrides: dict[str, Any] = {}
    unchanged = twin.guard.Unchanged(namespace, _NAMES, overrides)
    limits = twin.guard.Limits(namespace, _NAMES, overrides, ("line", "count"))
    assert unchanged.changed() is None
    assert limits.changed() is None
    namespace["count"] = "many"
    assert unchanged.changed() is None
    assert limits.changed() == "line or count"
    namespace["absent"] = None  # as good as absent
    assert unchanged.changed() is None
    namespace["check"] = None
    assert unchanged.changed() == limits.changed() == "check"
    overrides["elsewhere"] = None
    assert unchanged.changed() == limits.changed() == "elsewhere"


class _FromC(io.BufferedIOBase):
    """Its instances have a dict only once something is put there."""

    def send(self) -> None: ...

    def sends(self) -> None: ...


def test_instances_of_classes_from_c(twin: Twin) -> None:
    pristine = twin.guard.Pristine(_FromC, ("send",))
    instance: Any = _FromC()
    assert pristine(instance) is True
    instance.other = 1
    assert pristine(instance) is True
    instance.send = print
    assert pristine(instance) is False
    del instance.send
    assert pristine(instance) is True


def test_what_a_class_shows_as_its_dict_does_not_count(twin: Twin) -> None:
    class Showing(_FromC):
        @property
        def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
            return {"send": None}

    instance: Any = Showing()
    pristine = twin.guard.Pristine(Showing, ("send",))
    assert pristine(instance) is True
    instance.send = print
    assert pristine(instance) is False


class _Base:
    def read(self) -> None: ...

    def write(self) -> None: ...


def test_other_namespaces_and_classes(twin: Twin) -> None:
    class Base:  # of its own: it is changed
        def read(self) -> None: ...

        def write(self) -> None: ...

    class Heir(Base): ...

    other = {"__name__": "elsewhere", "value": object(), "more": object()}
    others = ((other, ("value", "none")), (Heir, ("read", "absent", "__setattr__")))
    overrides: dict[str, Any] = {}
    unchanged = twin.guard.Unchanged(_namespace(), _NAMES, overrides, others)
    limits = twin.guard.Limits(_namespace(), _NAMES, overrides, ("line", "count"), others)

    def answers() -> tuple[Any, Any, Any]:
        assert limits.changed() == unchanged.changed()
        return unchanged(), limits(), unchanged.changed()

    as_ever = (True, (65536, 100), None)
    assert answers() == answers() == as_ever
    other["more"] = object()
    assert answers() == as_ever
    for name in ("value", "none"):
        before = other.get(name)
        other[name] = object()
        assert answers() == (False, None, f"elsewhere.{name}")
        if before is None:
            del other[name]
        else:
            other[name] = before
        assert answers() == as_ever
    at = f"{__name__}.test_other_namespaces_and_classes.<locals>.Heir"
    for cls in (Heir, Base):
        for name in ("read", "absent", "__setattr__"):
            before = vars(cls).get(name)
            setattr(cls, name, lambda *_: None)
            assert answers() == answers() == (False, None, f"{at}.{name}")
            if before is None:
                delattr(cls, name)
            else:
                setattr(cls, name, before)
            assert answers() == as_ever
    Base.write = lambda self: None  # type: ignore[method-assign]
    assert answers() == as_ever
    overrides["any"] = None
    assert answers() == (False, None, "any")


def test_a_method_taken_from_a_class(twin: Twin) -> None:
    class Own:
        def read(self) -> None: ...

    unchanged = twin.guard.Unchanged({}, (), {}, ((Own, ("read",)),))
    assert unchanged() is True
    del Own.read
    assert unchanged() is False


def test_what_is_there_when_a_guard_is_renewed_counts_as_unchanged(twin: Twin) -> None:
    class Own(_Base): ...

    namespace, other = _namespace(), {"__name__": "elsewhere", "value": object()}
    others = ((other, ("value",)), (Own, ("read",)))
    overrides: dict[str, Any] = {}
    unchanged = twin.guard.Unchanged(namespace, _NAMES, overrides, others)
    limits = twin.guard.Limits(namespace, _NAMES, overrides, ("line", "count"), others)
    before = Own.read

    def change() -> None:
        namespace["parse"], other["value"] = object(), object()
        namespace.pop("check", None)
        Own.read = lambda self: None  # type: ignore[method-assign]

    for _ in range(3):
        change()
        assert (unchanged(), limits()) == (False, None)
        unchanged.renew()
        limits.renew()
        assert (unchanged(), limits()) == (True, (65536, 100))
        assert unchanged.changed() is limits.changed() is None
        namespace["check"] = object()
        assert (unchanged(), unchanged.changed()) == (False, "check")
        del namespace["check"]
        assert unchanged() is True
    Own.read = before  # type: ignore[method-assign]
    assert unchanged() is False
    unchanged.renew()
    overrides["any"] = None
    unchanged.renew()
    assert (unchanged(), unchanged.changed()) == (False, "any")


def test_a_guard_is_asked_while_it_is_renewed(twin: Twin) -> None:
    """Another thread may get either answer then, and nothing else happens."""
    namespace = _namespace()
    unchanged = twin.guard.Unchanged(namespace, _NAMES, {}, ((_Base, ("read",)),))
    ended = threading.Event()
    answers: set[object] = set()

    def ask() -> None:
        while not ended.is_set():
            answers.add(unchanged())
            answers.add(unchanged.changed() or True)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    for _ in range(2000):
        namespace["parse"] = object()
        unchanged.renew()
    ended.set()
    for thread in asking:
        thread.join()
    assert answers <= {True, False, "parse"}
    assert unchanged() is True
