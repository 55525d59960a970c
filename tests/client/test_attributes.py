"""What vars() shows of connections and responses is used as the `__dict__` of http.client's is."""

from __future__ import annotations

import copy
import http.client
import pickle
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .response_delivery import fake_socket

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n\r\nok"

#: What programs do to a `__dict__`: `host` and `status` lie in slots, `added` does not.
_CHANGES: dict[str, Callable[[dict[str, Any], str], Any]] = {
    "set": lambda held, name: held.__setitem__(name, 1),
    "add": lambda held, name: held.__setitem__("added", 1),
    "delete": lambda held, name: held.__delitem__(name),
    "delete what is not there": lambda held, name: held.__delitem__("absent"),
    "update": lambda held, name: held.update({name: 2}, added=3),
    "update by pairs": lambda held, name: held.update([(name, 2), ("added", 3)]),
    "in place": lambda held, name: held.__ior__({name: 4, "added": 5}) and None,
    "pop": lambda held, name: held.pop(name),
    "pop what is not there": lambda held, name: held.pop("absent", 6),
    "setdefault": lambda held, name: (held.setdefault(name, 7), held.setdefault("added", 8)),
    "clear": lambda held, name: held.clear(),
}


def _of(made: Any, names: list[str]) -> dict[str, Any]:
    """What an object has under these names, as far as that can be compared."""
    found = {name: getattr(made, name) for name in [*names, "added"] if hasattr(made, name)}
    plain = (str, int, type(None))
    return {name: of if isinstance(of, plain) else type(of).__name__ for name, of in found.items()}


def _connection(module: Any) -> Any:
    return module.HTTPConnection("example.org", 81, timeout=5)


def _response(module: Any) -> Any:
    response = module.HTTPResponse(fake_socket(_OK))
    response.begin()
    return response


_MAKES = pytest.mark.parametrize(
    ("make", "name"), [(_connection, "host"), (_response, "status")], ids=["connection", "response"]
)


@pytest.mark.parametrize("change", _CHANGES)
@_MAKES
def test_a_change_is_one_of_the_object(
    client: ModuleType, make: Callable[[Any], Any], name: str, change: str
) -> None:
    seen = []
    for module in (http.client, client):
        made = make(module)
        held = made.__dict__
        # The file is another one, and the newer http.client has more names.
        names = [name for name in make(http.client).__dict__ if name not in ("fp", "headers")]
        names = [name for name in names if name != "msg"]
        try:
            result = _CHANGES[change](held, name)
        except KeyError as error:
            result = repr(error)
        seen.append((result, _of(made, names), {key: key in held for key in names}))
        made.__dict__.setdefault("fp", None)  # which closing it looks at
    assert seen[0] == seen[1]


@_MAKES
def test_all_that_was_there_can_be_moved(
    client: ModuleType, make: Callable[[Any], Any], name: str
) -> None:
    made = make(client)
    made.added = "more"
    other = type(made).__new__(type(made))
    with pytest.raises(AttributeError):
        getattr(other, name)
    other.__dict__.update(made.__dict__)
    assert getattr(other, name) == getattr(made, name)
    assert other.added == "more"
    assert vars(other) == vars(made)
    vars(other).clear()
    assert vars(other) == {}


@_MAKES
def test_a_copy_of_it_is_a_dict_of_its_own(
    client: ModuleType, make: Callable[[Any], Any], name: str
) -> None:
    made = make(client)
    held = vars(made)
    for key in ("fp", "headers", "msg", "_create_connection", "_fasthttp"):
        held.pop(key, None)
    for copied in (copy.copy(held), dict(held), held | {}, pickle.loads(pickle.dumps(held))):
        assert type(copied) is dict
        assert copied == held
        copied[name] = "other"
        assert getattr(made, name) != "other"


def test_a_subclass_has_what_it_wants_in_front(client: ModuleType) -> None:
    """A property of its own, over what lies under its name in the `__dict__`."""

    class Own(client.HTTPConnection):  # type: ignore[misc,name-defined]
        @property
        def host(self) -> Any:
            return vars(self)["host"].upper()

        @host.setter
        def host(self, value: Any) -> None:
            vars(self)["host"] = value

    own = Own("example.org")
    assert own.host == "EXAMPLE.ORG"
    assert vars(own)["host"] == "example.org"
    assert "port" in vars(own) and own.port == 80


class _OtherDefaults:
    """Class attributes of names that lie in slots: an instance has its own in its dict. As the
    first base, it also has its own `__dict__`, in which no slots are.
    """

    timeout = 5
    host = None


@pytest.mark.parametrize("way", ["copy", "pickle state"])
def test_defaults_of_a_subclass_stand_in_front(client: ModuleType, way: str) -> None:
    class Own(_OtherDefaults, client.HTTPConnection):  # type: ignore[misc,name-defined]
        pass

    own = Own("example.org", 81, timeout=7)
    if way == "copy":
        other = copy.copy(own)
    else:
        other = Own.__new__(Own)
        other.__setstate__(own.__getstate__())
    assert (other.host, other.port, other.timeout) == ("example.org", 81, 7)
    other.__dict__.update(host="example.com")
    assert other.host == "example.com"
    del other.__dict__["timeout"]
    assert other.timeout == 5


def test_defaults_of_a_subclass_are_known_to_its_dict(client: ModuleType) -> None:
    class Own(client.HTTPConnection):  # type: ignore[misc,name-defined]
        timeout = 5
        host = None

    own = Own("example.org", 81, timeout=7)
    own.__dict__.update(host="example.com")
    assert (own.host, vars(own)["port"]) == ("example.com", 81)
    del vars(own)["timeout"]
    assert own.timeout == 5

    class OwnResponse(client.HTTPResponse):  # type: ignore[misc,name-defined]
        status = 0

    response = OwnResponse(fake_socket(_OK))
    response.begin()
    vars(response)["status"] = 201
    assert response.status == 201


@_MAKES
def test_it_can_be_assigned_as_a_whole(
    client: ModuleType, make: Callable[[Any], Any], name: str
) -> None:
    made = make(client)
    own = getattr(made, name)
    made.__dict__ |= {"added": 1}
    assert (made.added, getattr(made, name)) == (1, own)
    made.__dict__ = {name: 2, "fp": None}
    assert getattr(made, name) == 2
    assert not hasattr(made, "added")
    assert vars(made)[name] == 2


def test_no_class_of_another_layout_can_be_mixed_in(client: ModuleType) -> None:
    """As with http.client's, where slots are not: docs/deviations.md."""

    class Slotted:
        __slots__ = ("name",)

    type("Own", (http.client.HTTPConnection, Slotted), {})
    with pytest.raises(TypeError, match=r"lay-?out"):
        type("Own", (client.HTTPConnection, Slotted), {})
    type("Own", (client.HTTPConnection, type("Mixin", (), {"__slots__": ()})), {})


@pytest.mark.skipif(
    sys.version_info < (3, 11),
    reason="3.10 itself, where code runs often, reads a slot of whatever object there is",
)
def test_slots_of_another_class_are_not_taken_for_its_own(client: ModuleType) -> None:
    """Borrowed methods and slots, on an object that has no room for what these hold."""
    borrowed = {
        name: found
        for name, found in vars(client.HTTPConnection).items()
        if name not in ("__dict__", "__weakref__", "__slots__", "__init__")
    }
    stranger: Any = type("Stranger", (), borrowed)()
    stranger_named: Any = type("Stranger", (), {**borrowed, "__class__": client.HTTPConnection})()
    for made in (stranger, stranger_named):
        with pytest.raises((TypeError, AttributeError)):
            made.request("GET", "/")
        with pytest.raises((TypeError, AttributeError)):
            made.getresponse()
