"""`http.client`'s whole namespace, for `import fasthttp.client as client`.

What fasthttp has of its own is imported below; every other name of `http.client`, private ones
included, is looked up there when it is asked for. Names that change the behaviour of
`http.client` when they are assigned to do so here as well, for fasthttp alone.
"""

from __future__ import annotations

import http.client as _std
import sys
from http.client import BadStatusLine as BadStatusLine
from http.client import CannotSendHeader as CannotSendHeader
from http.client import CannotSendRequest as CannotSendRequest
from http.client import HTTPException as HTTPException
from http.client import HTTPMessage as HTTPMessage
from http.client import ImproperConnectionState as ImproperConnectionState
from http.client import IncompleteRead as IncompleteRead
from http.client import InvalidURL as InvalidURL
from http.client import LineTooLong as LineTooLong
from http.client import NotConnected as NotConnected
from http.client import RemoteDisconnected as RemoteDisconnected
from http.client import ResponseNotReady as ResponseNotReady
from http.client import UnimplementedFileMode as UnimplementedFileMode
from http.client import UnknownProtocol as UnknownProtocol
from http.client import UnknownTransferEncoding as UnknownTransferEncoding
from http.client import error as error
from http.client import responses as responses
from types import ModuleType


def _ask_for_what_is_used_later() -> None:
    """These modules are loaded, and asked for nothing before a request: they might be another's."""
    from ._client.forking import note_connection  # noqa: F401
    from ._client.heads import begin_by_lines  # noqa: F401
    from ._client.identity import Identities  # noqa: F401
    from ._client.retrying import send_again  # noqa: F401
    from ._http.framing import frame  # noqa: F401
    from ._http.request import check_url  # noqa: F401
    from ._http.strict import check_status_line  # noqa: F401

    if "HTTPSConnection" in globals():
        from ._client.sessions import take  # noqa: F401


try:
    from ._client.connection import HTTPConnection as HTTPConnection
    from ._client.heads import parse_headers as parse_headers
    from ._client.response import HTTPResponse as HTTPResponse
    from ._http import hooks as _hooks

    if hasattr(_std, "HTTPSConnection"):  # else this Python has no ssl
        from ._client.tls import HTTPSConnection as HTTPSConnection

    _ask_for_what_is_used_later()
except Exception as _error:
    from . import _files

    _files.explain(_error)
    raise

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any as _Any

    # Ports, states, status codes: looked up when they are asked for, so declared apart.
    from ._names import *  # noqa: F403
else:
    _Any = object  # for typing.get_type_hints()


__all__ = [
    "BadStatusLine",
    "CannotSendHeader",
    "CannotSendRequest",
    "HTTPConnection",
    "HTTPException",
    "HTTPResponse",
    "ImproperConnectionState",
    "IncompleteRead",
    "InvalidURL",
    "LineTooLong",
    "NotConnected",
    "RemoteDisconnected",
    "ResponseNotReady",
    "UnimplementedFileMode",
    "UnknownProtocol",
    "UnknownTransferEncoding",
    "error",
    "responses",
]

if hasattr(_std, "HTTPSConnection"):
    __all__ += ["HTTPSConnection"]


def __getattr__(name: str) -> _Any:
    if _hooks.is_hook(name):
        return _hooks.hook(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_std), *_hooks.newer_names()})


#: What is here from the start. The classes among it are not looked up by name, so putting others
#: in their place changes nothing.
_own = dict(globals())


class _Client(ModuleType):
    """The type of this module: it sees what is assigned to it."""

    def __setattr__(self, name: str, value: _Any) -> None:
        super().__setattr__(name, value)
        if not _hooks.is_hook(name) or isinstance(_own.get(name), type):
            return
        if value is not _hooks.unhooked(name):
            _hooks.overrides[name] = value
        elif name in _own:
            _hooks.overrides.pop(name, None)
        else:
            del self.__dict__[name]  # set back: what http.client says counts again
            _hooks.overrides.pop(name, None)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        _hooks.overrides.pop(name, None)


sys.modules[__name__].__class__ = _Client
