"""What vars() shows of objects whose state lies in slots: a dict whose changes are the object's.

Filling a dict takes ten times as long as setting slots, and so does reading what lies in one. But
programs copy and set what they find in the `__dict__` of http.client's objects.
"""

from __future__ import annotations

from collections.abc import MutableMapping

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


class Attributes(dict[str, "Any"]):
    """The attributes of one object, as they are when it is made.

    `of` are the descriptors, by name, that take the place of what http.client has in the
    `__dict__`; `added` is the dict that the object has beside them. An assignment to an item, and
    what else changes a dict, changes the object too.
    """

    __slots__ = ("_added", "_instance", "_of")

    def __init__(self, instance: Any, of: dict[str, Any], added: dict[str, Any]) -> None:
        cls = type(instance)
        of = {name: at for name, at in of.items() if _is_in_front(cls, name, at)}
        super().__init__(_held(instance, of) | added)
        self._instance, self._of, self._added = instance, of, added

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self._of:
            self._of[name].__set__(self._instance, value)
        else:
            self._added[name] = value
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        if name in self._of:
            self._of[name].__delete__(self._instance)
        else:
            del self._added[name]

    def __ior__(self, other: Any) -> Attributes:  # type: ignore[override,misc]
        self.update(other)
        return self

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def pop(self, name: str, *default: Any) -> Any:
        if name not in self and default:
            return default[0]
        value = self[name]
        del self[name]
        return value

    # In the place of dict's own, which pass by the first two.
    update = MutableMapping.update
    setdefault = MutableMapping.setdefault
    popitem = MutableMapping.popitem
    clear = MutableMapping.clear


class Shown:
    """What `__dict__` is in a class that is derived from one of http.client's, and has slots.

    `of` are the descriptors that `Attributes` takes; they are known once the class is there.
    """

    def __init__(self, base: type) -> None:
        self.of: dict[str, Any] = {}
        #: The dict that an instance has beside its slots, whatever its class shows as `__dict__`.
        self.added_to: Any = next(
            vars(cls)["__dict__"] for cls in base.__mro__ if "__dict__" in vars(cls)
        ).__get__

    def get(self, instance: Any) -> Attributes:
        """Return it. Not the instance's own `__dict__`, which is a mixin's where a subclass has
        that as its first base.
        """
        return Attributes(instance, self.of, self.added_to(instance))

    def set(self, instance: Any, value: dict[str, Any]) -> None:
        """Have these in the place of all that there is: an assignment to `__dict__`."""
        value = dict(value)
        shown = self.get(instance)
        shown.clear()
        shown.update(value)


def _is_in_front(cls: type, name: str, descriptor: Any) -> bool:
    """Return whether an attribute goes by this descriptor, or by a property before it. Else a value
    of a subclass stands in front, and what is set lies in the dict.
    """
    found = next(vars(base)[name] for base in cls.__mro__ if name in vars(base))
    return found is descriptor or hasattr(type(found), "__set__")


def _held(instance: Any, of: dict[str, Any]) -> dict[str, Any]:
    missing = object()
    held = {name: _got(descriptor, instance, missing) for name, descriptor in of.items()}
    return {name: value for name, value in held.items() if value is not missing}


def _got(descriptor: Any, instance: Any, missing: object) -> Any:
    try:
        return descriptor.__get__(instance)
    except AttributeError:
        return missing
