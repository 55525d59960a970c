"""`http.client`'s whole namespace, for `import fasthttp.client as client`.

What fasthttp has of its own is imported below; every other name of `http.client`, private ones
included, is looked up there when it is asked for. Names that change the behaviour of
`http.client` when they are assigned to do so here as well, for fasthttp alone.
"""

import http.client as _std
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import hooks as _hooks
from .connection import HTTPConnection as HTTPConnection
from .message import parse_headers as parse_headers
from .response import HTTPResponse as HTTPResponse

if TYPE_CHECKING:
    from http.client import *  # noqa: F403

__all__ = list(_std.__all__)

if "HTTPSConnection" in __all__:  # else this Python has no ssl
    from .tls import HTTPSConnection as HTTPSConnection


def __getattr__(name: str) -> Any:
    if _hooks.is_hook(name):
        return _hooks.hook(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_std)})


#: Not looked up by name anywhere, so that putting others in their place changes nothing here.
_classes = frozenset(("HTTPConnection", "HTTPSConnection", "HTTPResponse"))


class _Client(ModuleType):
    """The type of this module: it sees what is assigned to it."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if _hooks.is_hook(name) and name not in _classes:
            if value is _hooks.unhooked(name):
                _hooks.overrides.pop(name, None)
            else:
                _hooks.overrides[name] = value

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        _hooks.overrides.pop(name, None)


sys.modules[__name__].__class__ = _Client
