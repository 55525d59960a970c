"""The ordinary exchange on `http.client`'s own objects, where there is C for it.

_usual/installed_c.pyx does it; here is what it works with, and what it leaves to Python. Without
the compiled modules `getresponse` and `read` stay `http.client`'s own: what is to be saved there is
frames of Python.
"""

from __future__ import annotations

import _io
import io
import socket
import sys
from email._policybase import compat32
from types import FunctionType, SimpleNamespace

from .._client.heads import apply_head
from .._client.sending import JOINED_BODY, REQUEST_METHODS
from .._client.sockets import PLAIN_SOCKET, TLS_SOCKET
from .._compiled import ASIDE, Files, Lent, Pristine, Unchanged
from .._http.message import message_of
from . import emails, places
from .guards import ON_CLASS, Never, guards
from .places import CLASSES, STD, HTTPMessage, behind, found, leaf, newer_leaves, standing

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

#: What is skipped of a socket's file, and of a socket on its account; whether these are their own
#: has to be known of those that are written in Python.
_FILE = ("__init__", "close", "readable", "readinto")
_FILE_TOO = ("__getattribute__", "__new__", "__setattr__", "_checkClosed", "_checkReadable")
_FILES = ("_decref_socketios", "makefile")
_OWN: emails.Places = ((socket.SocketIO, _FILE), (socket.socket, _FILES))

#: Names that are looked up on the way, with the values that the fast way goes by: while a request
#: is sent, and while its response is received.
_SENDING: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    (vars(places), {"counted": None}),
    (STD, {"sys": sys}),
    (vars(sys), {"audit": sys.audit}),
)
_RECEIVING: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    (vars(places), {"counted": None}),
    (STD, {"_CS_IDLE": "Idle", "_CS_REQ_SENT": "Request-sent"}),
    (vars(io), {"BufferedReader": _io.BufferedReader}),
    (vars(io), {"DEFAULT_BUFFER_SIZE": _io.DEFAULT_BUFFER_SIZE}),
    (vars(socket), {"SocketIO": socket.SocketIO, "io": io}),
)


class Ordinary:
    """What is in force."""

    #: None where nothing is taken this way.
    lent: Any = None

    def set_up(self, most_fields: Callable[..., int], hosts: dict[Any, Any]) -> None:
        """Make it anew, behind `guards`; the arguments are those of heads.py and sending.py."""
        self.lent = None
        if Lent is not None and PLAIN_SOCKET is not None and _is_ordinary():
            self.lent = _lent(most_fields, hosts)


ordinary = Ordinary()


def _is_ordinary() -> bool:
    """Whether what stands in all places that the fast way skips is known."""
    connection = CLASSES["HTTPConnection"]
    begin = standing("HTTPResponse.begin")
    return (
        not any(isinstance(guard, Never) for guard in vars(guards).values())
        and begin in (places.leaves["HTTPResponse.begin"], newer_leaves["HTTPResponse.begin"])
        and (connection._http_vsn, connection._http_vsn_str) == (11, "HTTP/1.1")
        and emails.are_own(_OWN)
        and CLASSES["HTTPResponse"].__dictoffset__ > 0
        and socket.SocketIO.__dictoffset__ > 0
        and all(
            namespace.get(name) == value
            for namespace, values in (*_SENDING, *_RECEIVING)
            for name, value in values.items()
        )
    )


def _watch(values: tuple[tuple[dict[str, Any], dict[str, Any]], ...]) -> Any:
    return Unchanged({}, (), {}, tuple((where, tuple(names)) for where, names in values))


def _lent(most_fields: Callable[..., int], hosts: dict[Any, Any]) -> Any:
    connection, response = CLASSES["HTTPConnection"], CLASSES["HTTPResponse"]
    methods = tuple(name for name in REQUEST_METHODS if hasattr(connection, name))
    on_class = ON_CLASS["HTTPConnection"]
    return Lent(
        sends=Pristine(
            connection,
            (*methods, "_http_vsn", "_http_vsn_str"),
            (*on_class, "host", "port", "sock", "_tunnel_host", "_tunnel_port"),
        ),
        receives=Pristine(connection, (), (*on_class, "sock")),
        begins=guards.makes_plainly,
        reads=guards.closes_plainly,
        files=_files(),
        alone_sending=_watch(_SENDING),
        alone_receiving=_watch(_RECEIVING),
        checks=guards.checks_unchanged,
        fetches=guards.fetches_plainly,
        limits=guards.head_limits,
        namespace=STD,
        hosts=hosts,
        of_response=_attributes_of(response),
        of_message=dict(vars(message_of([]))),
        response_class=response,
        message_class=HTTPMessage,
        reader_class=io.BufferedReader,
        socket_class=PLAIN_SOCKET,
        tls_class=TLS_SOCKET,
        policy=compat32,
        states=(STD["_CS_IDLE"], STD["_CS_REQ_SENT"]),
        most_fields=most_fields,
        apply_head=apply_head,
        finish=finish,
        failed=_failed,
        cut_short=_cut_short,
        joined=JOINED_BODY,
        reads_amounts=_reads_amounts(found.get("HTTPResponse.read")),
        keeps_most=standing("HTTPResponse.begin") is newer_leaves["HTTPResponse.begin"],
    )


def _files() -> Any:
    return Files(
        raws=Pristine(socket.SocketIO, (*_FILE, *_FILE_TOO, "tell")),
        sockets=Pristine(socket.socket, _FILES),
        receives_itself=Pristine(socket.socket, ("fileno", "gettimeout", "recv_into")),
        tls_sockets=None if TLS_SOCKET is None else Pristine(TLS_SOCKET, _FILES),
        of_raw={
            "_sock": None,
            "_mode": "rb",
            "_reading": True,
            "_writing": False,
            "_timeout_occurred": False,
        },
        raw_class=socket.SocketIO,
        reader_class=io.BufferedReader,
        socket_class=PLAIN_SOCKET,
        tls_class=TLS_SOCKET,
        buffer_size=_io.DEFAULT_BUFFER_SIZE,
    )


def _reads_amounts(read: Any) -> bool:
    """Return whether read() of a number of bytes asks the file for so many. In some versions of
    3.10 it fills a buffer of its own, and says otherwise where it cannot. What a tool had put there
    before is not replaced, and None.
    """
    return isinstance(read, FunctionType) and "readinto" not in read.__code__.co_names


def _attributes_of(response_class: Any) -> dict[str, Any]:
    """What a new response has, but for its file."""
    response = response_class(SimpleNamespace(makefile=lambda _: None))
    held = vars(response)
    attributes = dict(held)
    held["__IOBase_closed"] = True  # so that its end is no call of close(), which somebody may see
    return attributes


# ----------------------------------------------------------------- what Python does


def finish(
    connection: Any, response: Any, begin: Callable[..., object], *given: Any, **named: Any
) -> Any:
    """Do what getresponse() does with a response that it has made. `begin` reads its head."""
    try:
        try:
            begin(*given, **named)
        except ConnectionError:
            connection.close()
            raise
        connection._HTTPConnection__state = STD["_CS_IDLE"]
        if response.will_close:
            connection.close()  # the response keeps the socket open for itself
        else:
            connection._HTTPConnection__response = response
        return response
    except BaseException:
        response.close()
        raise


def _failed(connection: Any, response: Any, raw: Any, error: BaseException | None) -> Any:
    """Do what comes of it where nothing has come: by an error, or, where that is None, the end."""
    of_socket: dict[str, Any] = vars(socket)
    if isinstance(error, of_socket["timeout"]):
        raw._timeout_occurred = True
    elif isinstance(error, OSError) and error.errno in of_socket["_blocking_errnos"]:
        error = None
    if error is None:
        text = "Remote end closed connection without response"
        error = STD["RemoteDisconnected"](text)
    return finish(connection, response, _raise, error)


def _raise(error: BaseException) -> NoReturn:
    raise error


def _cut_short(response: Any, data: Any, wanted: int) -> NoReturn:
    """Do what read() does where the body is shorter than it should be."""
    try:
        raise STD["IncompleteRead"](data, wanted - len(data))
    except STD["IncompleteRead"]:
        response._close_conn()
        raise


if Lent is not None:

    @leaf("HTTPConnection.getresponse")
    def getresponse(self: Any) -> Any:
        lent = ordinary.lent
        response = None if lent is None else lent.receive(self)
        return behind["HTTPConnection.getresponse"](self) if response is None else response

    @leaf("HTTPResponse.read")
    def read(self: Any, amt: Any = None) -> Any:
        lent = ordinary.lent
        if lent is not None:
            data = lent.read(self, amt)
            if data is not ASIDE:
                return data
        return behind["HTTPResponse.read"](self, amt)
