"""Why a call went the plain way: asked of the guards that the fast way asks, after the fact.

Each function takes what the call was given, and goes through the conditions of its fast way in
their order. Of what was sent nothing is told but the names of fields.
"""

from __future__ import annotations

import io
from http.client import HTTPMessage

from .. import chunked, connection, hooks, response
from .._codec import Pristine, SocketFile, Unchanged, encode_field
from .._install import guards, sending
from .._install.places import CLASSES

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_DEBUG = "debuglevel is set"
_NOT_PLAIN_HEAD = "a head that is not of the plain form"
_UNDER_WAY = "a head that has not come in one piece"


def _named(kind: Any) -> str:
    module, name = kind.__module__, kind.__qualname__
    return name if module == "builtins" else f"{module}.{name}"


def _who_changed(instance: Any, name: str) -> str:
    """Who has put something of his own in the place of a method."""
    cls = type(instance)
    if name in vars(instance):
        return f"{name} is set on an instance of {_named(cls)}"
    owner = next((base for base in cls.__mro__ if name in vars(base)), cls)
    if owner.__module__ == "http.client" or owner.__module__.startswith("fasthttp."):
        return f"{owner.__name__}.{name} has been replaced"
    return f"{_named(owner)} overrides {name}"


def _methods(guard: str, instance: Any) -> str | None:
    """What a guard of methods of install()'s has against an instance."""
    asked: Any = getattr(guards, guard)
    if isinstance(asked, Pristine):
        name = asked.changed(instance)
        return None if name is None else _who_changed(instance, name)
    owner, names = guards.METHODS[guard]
    return _objection([f"{owner}.{name}" for name in names])


def _functions(guard: str) -> str | None:
    """What a guard of functions of install()'s has against the module."""
    asked: Any = getattr(guards, guard)
    if isinstance(asked, Unchanged):
        name = asked.changed()
        if name is None:
            return None
        return f"{name if '.' in name else f'http.client.{name}'} has been replaced"
    return _objection(guards.FUNCTIONS.get(guard, ()))


def _objection(places: Any) -> str:
    for place in places:
        objection = guards.objections_known.get(place)
        if objection is not None and place not in guards.OPTIONAL:
            return f"{place} {objection}"
    return "a function that it skips is not http.client's own"


def _replaced(name: str | None) -> str | None:
    return None if name is None else f"{name} has been replaced"


# ------------------------------------------------------------------- requests


def _content(body: Any) -> str | None:
    if body is None or type(body) is bytes:
        return None
    if type(body) is str:
        return None if _is_latin(body) else "a body that is not ISO-8859-1"
    return f"a body that is no bytes or str: {_named(type(body))}"


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _version_and_lines(connection: Any) -> str | None:
    if connection._http_vsn != 11 or connection._http_vsn_str != "HTTP/1.1":
        return "_http_vsn is not 11"
    if type(connection._buffer) is not list:
        return f"_buffer is a {_named(type(connection._buffer))}"
    return None


def _fields(headers: Any) -> str | None:
    if type(headers) is not dict:
        return f"header fields that are no dict: {_named(type(headers))}"
    for name, value in headers.items():
        objection = _field(name, value)
        if objection is not None:
            return objection
        if str(name).lower() in ("content-length", "transfer-encoding"):
            return f"a {name} field given by the caller"
    return None


def _field(name: Any, value: Any) -> str | None:
    if encode_field(name, value) is None:
        return f"a field that is not of the plain form: {name!r:.60}, a {_named(type(value))}"
    return None


def _target(method: Any, url: Any) -> str | None:
    if not sending._is_plain_word(method):
        return "a method that is not of the plain form"
    if not url or not sending._is_plain_word(url):
        return "a target that is not of the plain form"
    if url.startswith("http"):
        return "a target that is a whole URL"
    return None


def _debug(of: Any) -> str | None:
    return _DEBUG if of.debuglevel > 0 else None


def own_request(self: Any, method: Any, url: Any, body: Any, headers: Any) -> str:
    """Of `fasthttp.client.HTTPConnection.request`."""
    changed = connection._request_methods.changed(self)
    checks: Any = hooks.request_checks_unchanged
    name = checks.changed() if isinstance(checks, Unchanged) else "a check of http.client's"
    return (
        _debug(self)
        or (None if changed is None else _who_changed(self, changed))
        or _replaced(name)
        or _content(body)
        or _version_and_lines(self)
        or _target(method, url)
        or _fields(headers)
        or _NOT_PLAIN_HEAD
    )


def _send_request(
    self: Any, method: Any, url: Any, body: Any, headers: Any, encode_chunked: Any = False
) -> str:
    return (
        _debug(self)
        or _methods("sends_whole", self)
        or _functions("checks_unchanged")
        or _content(body)
        or _version_and_lines(self)
        or _target(method, url)
        or _host(self)
        or _fields(headers)
        or _NOT_PLAIN_HEAD
    )


def _host(connection: Any) -> str | None:
    if sending._host_of(connection) is None:
        return "a host that is not of the plain form"
    return None


def _putrequest(
    self: Any, method: Any, url: Any, skip_host: Any = False, skip_accept_encoding: Any = False
) -> str:
    return (
        _target(method, url)
        or _methods("starts_plainly", self)
        or _functions("checks_unchanged")
        or _version_and_lines(self)
        or (None if skip_host else _host(self))
        or "a request that was under way"
    )


def _putheader(self: Any, header: Any, *values: Any) -> str:
    if len(values) != 1:
        return "a field of several values"
    return (
        _functions("checks_unchanged")
        or _field(header, values[0])
        or "no request that was under way"
    )


def _send_output(self: Any, message_body: Any = None, encode_chunked: Any = False) -> str:
    if encode_chunked:
        return "a body that is sent in chunks"
    if message_body is not None and type(message_body) is not bytes:
        return f"a body that is no bytes: {_named(type(message_body))}"
    return _version_and_lines(self) or _debug(self) or str(_methods("sends_plainly", self))


def not_reached(self: Any) -> str | None:
    """Of a connection that has sent a request without asking install()'s `_send_output`."""
    if type(self)._send_output is CLASSES["HTTPConnection"]._send_output:
        return None
    return _who_changed(self, "_send_output")


# ------------------------------------------------------------------ responses


def _file(fp: Any, plain: type) -> str | None:
    if type(fp) is plain:
        return None
    sock = getattr(getattr(fp, "raw", None), "_sock", None)
    if sock is None:
        return f"a file that is no socket's: {_named(type(fp))}"
    return f"a socket of another kind, or non-blocking: {_named(type(sock))}"


def _bytes_there(fp: Any) -> str:
    """Of a head that the codec has not taken: whether all of it was there."""
    try:
        data = fp.peek()
    except (OSError, ValueError):
        data = b""
    return _NOT_PLAIN_HEAD if b"\n\r\n" in data or b"\n\n" in data else _UNDER_WAY


def _settings(policy: Any) -> str | None:
    """What a connection asks for that takes a look at each line of a head."""
    if policy is not None and policy.max_head_bytes is not None:
        return f"max_head_bytes is set: {policy.max_head_bytes}"
    return None


def own_head(self: Any, fp: Any) -> str:
    """Of `fasthttp.client.HTTPResponse.begin`; `fp` is what it read from."""
    changed = response._head_methods.changed(self)
    return (
        _file(fp, SocketFile)
        or _settings(self._policy)
        or _debug(self)
        or (None if changed is None else _who_changed(self, changed))
        or _replaced(hooks.plain_limits.changed())
        or _NOT_PLAIN_HEAD
    )


def own_chunks(self: Any) -> str | None:
    """Of the chunks of such a response, where another thing than its head sends them there."""
    if type(self.fp) is not SocketFile:
        return None
    changed = chunked._chunk_methods.changed(self)
    if changed is not None:
        return _who_changed(self, changed)
    return _replaced(hooks.line_limits.changed())


def _begin(self: Any, **_: Any) -> str | None:
    if self.headers is not None or self.fp is None:  # then there is nothing to be read
        return None
    return (
        _file(self.fp, io.BufferedReader)
        or _debug(self)
        or _methods("begins_plainly", self)
        or _functions("head_limits")
        or _bytes_there(self.fp)
    )


def _parse_headers(fp: Any, _class: Any = HTTPMessage, **_: Any) -> str:
    if _class is not HTTPMessage:
        return f"a message class of its own: {_named(_class)}"
    return _file(fp, io.BufferedReader) or _functions("field_limits") or _bytes_there(fp)


def _getheader(self: Any, name: Any, default: Any = None) -> str:
    if type(self.headers) is not HTTPMessage:
        return f"headers that are no HTTPMessage: {_named(type(self.headers))}"
    return "a name, a value or a default that is not of the plain form"


def _read_chunked(self: Any, amt: Any = None) -> str:
    return (
        _file(self.fp, io.BufferedReader)
        or _methods("reads_plainly", self)
        or "an amount that is not of the plain form"
    )


#: By place: why install()'s function called the one that is behind it.
BEHIND: dict[str, Any] = {
    "HTTPConnection._send_request": _send_request,
    "HTTPConnection.putrequest": _putrequest,
    "HTTPConnection.putheader": _putheader,
    "HTTPConnection._send_output": _send_output,
    "HTTPResponse.begin": _begin,
    "HTTPResponse.getheader": _getheader,
    "HTTPResponse._read_chunked": _read_chunked,
    "parse_headers": _parse_headers,
}


def of_socket(sock: Any) -> str:
    """Of a head and a body that were sent one by one."""
    return f"a socket that is not exactly the stdlib's: {_named(type(sock))}"
