"""Why a call was done step by step: asked of the guards that the fast way asks, after the fact.

Each function takes what the call was given, and goes through the conditions of its fast way in
their order. Of what was sent nothing is told but the names of fields.
"""

from __future__ import annotations

import io
from http.client import HTTPMessage

from .._client import chunked, connection, response
from .._client.by_hand import ReadByHand
from .._client.policy import policy_of
from .._codec.sizes import MAX_REQUEST_FIELDS
from .._compiled import Pristine, SocketFile, Unchanged, encode_field
from .._http import hooks
from .._install import guards, sending
from .._install import heads as lent_heads
from .._install.places import CLASSES
from . import faults

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    #: A reason; or one with an example of what there are many of, which is told once.
    Reason = str | tuple[str, str]

_DEBUG = "debuglevel is set"
_NO_HEAD = "no response head: the connection has ended"
_UNDER_WAY = "a response head that has not come in one piece"
_UNUSUAL_REQUEST = "a request while another was being written, or one that is refused"
_LINE_BY_LINE = "a response head that is read line by line"


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
    if len(headers) > MAX_REQUEST_FIELDS:
        return f"more than {MAX_REQUEST_FIELDS} header fields"
    return None


def _field(name: Any, value: Any) -> str | None:
    if encode_field(name, value) is not None:
        return None
    shown, kind = f"{name!r:.60}", type(value)
    if encode_field(name, b"") is None:
        if isinstance(name, (str, bytes)):
            return f"a field name with more in it than visible ASCII characters: {shown}"
        return f"a field name that is no str or bytes: {_named(type(name))}"
    if kind not in (str, bytes, int):
        return f"a header field that is no str, bytes or int: {shown}, a {_named(kind)}"
    if kind is int:
        return f"a header field that is a very large int: {shown}"
    breaks = ("\r", "\n") if kind is str else (b"\r", b"\n")
    if any(each in value for each in breaks):
        return f"a header field with a line break in it: {shown}, a {_named(kind)}"
    return f"a header field that is not ISO-8859-1: {shown}, a {_named(kind)}"


def _word(what: str, text: Any) -> str | None:
    """What there is against a method or a target."""
    if type(text) is not str:
        return f"{what} that is no str: {_named(type(text))}"
    if not text:
        return f"{what} that is empty"
    if not sending._is_plain_word(text):
        return f"{what} with more in it than visible ASCII characters"
    return None


def _target(method: Any, url: Any) -> str | None:
    found = _word("a method", method) or _word("a target", url)
    if found is not None:
        return found
    if url.startswith("http"):
        return "a target that is a whole URL"
    return None


def _debug(of: Any) -> str | None:
    return _DEBUG if of.debuglevel > 0 else None


def own_request(self: Any, method: Any, url: Any, body: Any, headers: Any) -> str:
    """Of `fasthttp.client.HTTPConnection.request`."""
    changed = connection._request_methods.changed(self)
    return (
        _debug(self)
        or (None if changed is None else _who_changed(self, changed))
        or _replaced(hooks.request_checks_unchanged.changed())
        or _content(body)
        or _version_and_lines(self)
        or _target(method, url)
        or _fields(headers)
        or _UNUSUAL_REQUEST
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
        or _UNUSUAL_REQUEST
    )


def _host(connection: Any) -> str | None:
    if sending._host_of(connection) is None:
        return "a host that is no name or IPv4 address in ASCII, or a port that is no int"
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


def _refused(
    fp: Any, look: Callable[..., tuple[str, str] | None], max_line: int, max_fields: int
) -> Reason:
    """Of a head that the codec has not taken: what is wrong with it, or that some is missing.

    Nothing is received for that where something is there: `fp` has been asked for it already.
    """
    try:
        data = fp.peek()
    except (OSError, ValueError):
        data = b""
    if not data:
        return _NO_HEAD
    fault = look(bytes(data), max_line, max_fields)
    return _UNDER_WAY if fault is None else (f"a response head with {fault[0]}", fault[1])


def _settings(policy: Any) -> str | None:
    """What a connection asks for that takes a look at each line of a head."""
    if policy is not None and policy.max_head_bytes is not None:
        return f"max_head_bytes is set: {policy.max_head_bytes}"
    return None


def own_refusal(self: Any, max_headers: Any) -> Reason | None:
    """Of a response whose `_begin_fast` has said no just now, so that its bytes are still there;
    None where something else than these is the reason.
    """
    fp, limits = self.fp, hooks.plain_limits()
    if _own_objection(self, fp) is not None or limits is None:
        return None
    most = limits[1] if max_headers is None else max_headers
    if type(most) is not int or most < 0:
        return "max_response_headers is no number of fields"
    return _refused(fp, faults.in_head, limits[0], most) if fp.heard else _NO_HEAD


def own_head(self: Any, fp: Any, refusal: Reason | None = None) -> Reason:
    """Of `fasthttp.client.HTTPResponse.begin`; `fp` is what it read from."""
    return _own_objection(self, fp) or refusal or _LINE_BY_LINE


def _own_objection(self: Any, fp: Any) -> str | None:
    changed = response._head_methods.changed(self)
    return (
        _file(fp, SocketFile)
        or _settings(policy_of(self))
        or _debug(self)
        or (None if changed is None else _who_changed(self, changed))
        or _replaced(hooks.plain_limits.changed())
    )


def own_chunks(self: Any) -> str | None:
    """Of the chunks of such a response, where another thing than its head sends them there."""
    if not isinstance(self.fp, (SocketFile, ReadByHand)):
        return None
    unchanged: Any = chunked.chunk_methods_unchanged
    changed = unchanged.changed(self)
    if changed is not None:
        return _who_changed(self, changed)
    return _replaced(hooks.line_limits.changed())


def _lent_limits(guard: str, max_headers: Any) -> tuple[int, int]:
    """The limits by which install()'s functions take a head: of a line, and of their number."""
    limits: tuple[int, int] = getattr(guards, guard)()
    return limits[0], max(0, lent_heads._most_fields(limits, max_headers))


def _begin(self: Any, *, _max_headers: Any = None) -> Reason | None:
    if self.headers is not None or self.fp is None:  # then there is nothing to be read
        return None
    return (
        _file(self.fp, io.BufferedReader)
        or _debug(self)
        or _methods("begins_plainly", self)
        or _functions("head_limits")
        or _refused(self.fp, faults.in_head, *_lent_limits("head_limits", _max_headers))
    )


def _parse_headers(fp: Any, _class: Any = HTTPMessage, *, _max_headers: Any = None) -> Reason:
    if _class is not HTTPMessage:
        return f"a message class of its own: {_named(_class)}"
    return (
        _file(fp, io.BufferedReader)
        or _functions("field_limits")
        or _refused(fp, faults.in_fields, *_lent_limits("field_limits", _max_headers))
    )


def _getheader(self: Any, name: Any, default: Any = None) -> str:
    if type(self.headers) is not HTTPMessage:
        return f"headers that are no HTTPMessage: {_named(type(self.headers))}"
    return "a name that is no ASCII str, a value beyond ISO-8859-1, or a default that is no str"


def _read_chunked(self: Any, amt: Any = None) -> str:
    return (
        _file(self.fp, io.BufferedReader)
        or _methods("reads_plainly", self)
        or "an amount that is no int of 0 or more"
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
