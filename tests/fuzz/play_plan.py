"""Plays a plan to a client, and writes down what a caller can see."""

from __future__ import annotations

import http.client
import socket
from typing import Any

from ..client.response_observer import STYLES
from .link import Server
from .plan import Plan

#: The true answer to the second request. Whatever else is given for it belongs to the first.
SENTINEL = b"HTTP/1.1 299 SENTINEL\r\nContent-Length: 1\r\n\r\nS"
SECOND = [299, "SENTINEL", "S"]

Seen = dict[str, Any]
_STDLIB = frozenset(("builtins", "http.client", "socket"))


def name_of(kind: type[BaseException]) -> str:
    """The name of an exception class, or of the stdlib's that it is derived from."""
    for cls in kind.__mro__:
        if cls.__module__ in _STDLIB:
            return f"{cls.__module__}.{cls.__qualname__}"
    return "?"


def describe_error(error: BaseException | None) -> Seen:
    """What can be seen of an error, or that there was none."""
    if error is None:
        return {"exc_class": None}
    seen: Seen = {"exc_class": name_of(type(error)), "exc_str": str(error)[:300]}
    for field in ("partial", "expected", "line", "version"):
        if hasattr(error, field):
            seen[f"exc_{field}"] = getattr(error, field)
    if "exc_partial" in seen:
        seen["exc_partial"] = seen["exc_partial"][:4096].decode("latin-1")
    seen["exc_cause"] = type(error.__cause__).__name__ if error.__cause__ else None
    return seen


def _payload(message: Any, depth: int = 0) -> Any:
    payload = message.get_payload()
    if not isinstance(payload, list) or depth > 5:
        return payload if isinstance(payload, str) else "..."
    return [[list(map(list, part.items())), _payload(part, depth + 1)] for part in payload]


def describe_head(response: Any) -> Seen:
    """The head, in full; what is looked up before the message is built is so on purpose."""
    first = response.getheader("content-type"), response.getheader("X-Absent", "-")
    headers = response.headers
    return {
        "status": response.status,
        "code": response.code,
        "version": response.version,
        "reason": response.reason,
        "first_by_case": list(first),
        "headers": [list(item) for item in headers.items()],
        "set_cookie": headers.get_all("set-cookie"),
        "defects": [type(defect).__name__ for defect in headers.defects],
        "payload": _payload(headers),
        "unixfrom": headers.get_unixfrom(),
        "chunked": bool(response.chunked),
        "length": response.length,
        "will_close": bool(response.will_close),
        "msg_is_headers": response.msg is headers,
    }


def _call(response: Any, name: str, size: int | None) -> Any:
    if name == "readinto":
        buffer = bytearray(size or 0)
        return response.readinto(buffer), buffer.decode("latin-1")
    if name in ("isclosed", "close"):
        return getattr(response, name)()
    if name == "readline":
        return response.readline().decode("latin-1")
    if name == "peek":  # how much depends on how the bytes came, so only whether
        return bool(response.peek())
    return response.read(size).decode("latin-1")


def _read(response: Any, plan: Plan, seen: Seen) -> None:
    if plan.style == "calls":
        trace = seen["trace"] = []
        for name, size in plan.calls:
            trace.append([name, size])
            trace[-1].append(_call(response, name, size))
        return
    pieces = STYLES[plan.style](response)
    seen["trace"] = [len(piece) for piece in pieces]
    seen["body"] = b"".join(pieces).decode("latin-1")


def _second(connection: Any, server: Server) -> tuple[Any, bool]:
    """What a second request gives, and whether it went over a new link."""
    used = len(server.links)
    try:
        connection.request("GET", "/2")
        if len(server.links) == used and not server.links[-1].ended:
            server.links[-1].send([SENTINEL])
        with connection.getresponse() as response:
            body = response.read().decode("latin-1")
        return [response.status, response.reason, body], len(server.links) > used
    except Exception as error:  # whichever it is: verdict.py says whether it may be
        return name_of(type(error)), len(server.links) > used


def play(client: Any, plan: Plan, kind: type[socket.socket]) -> Seen:
    """What `client` makes of a plan, over a socket of this kind."""
    seen: Seen = {"informed": []}
    with Server(kind, SENTINEL) as server:
        connection = server.connection(client, **_options(plan, seen["informed"]))
        response = _first(connection, server, plan, seen)
        if response is not None and plan.closes:
            response.close()
        seen["conn_sock_open"] = connection.sock is not None
        if plan.late:
            server.links[0].send([plan.late])
            server.links[0].finish(plan.end)
        seen["finished"] = response is not None and response.isclosed()
        seen["second"], seen["again"] = _second(connection, server)
        if response is not None:
            response.close()  # now that it has not been closed for long enough
    return seen


def _options(plan: Plan, informed: list[Any]) -> dict[str, Any]:
    def note(status: int, reason: str, headers: Any) -> None:
        informed.append([status, reason, headers.items()])

    policies: dict[str, dict[str, Any]] = {
        "": {},
        "deadline": {"deadline": 1_000.0},
        "strict": {"strict": True},
        "skip_bad_lines": {"skip_bad_lines": True},
        "max_head_bytes": {"max_head_bytes": 100},
        "informed": {"on_informational": note, "retry_stale": True},
    }
    limit = {} if plan.max_headers is None else {"max_response_headers": plan.max_headers}
    return policies[plan.policy] | limit


def _first(connection: Any, server: Server, plan: Plan, seen: Seen) -> Any:
    response = failure = None
    seen["phase"] = "begin"
    try:
        connection.request(plan.method, "/")
        server.links[0].send(plan.pieces)
        if not plan.late:
            server.links[0].finish(plan.end)
        response = connection.getresponse()
        seen.update(describe_head(response), phase="read")
        _read(response, plan, seen)
        seen["phase"] = "done"
    except Exception as error:
        failure = error
    seen.update(describe_error(failure))
    seen["documented"] = isinstance(failure, (type(None), http.client.HTTPException, OSError))
    if response is not None:
        seen["isclosed_after"] = response.isclosed()
        seen["length_after"] = response.length
        seen["chunk_left_after"] = response.chunk_left
        seen["closed_after"] = response.closed
        if hasattr(response, "trailers"):  # is fasthttp's
            seen["trailers"] = response.trailers.items()
            seen["skipped_lines"] = response.skipped_lines
            seen["raw_headers"] = response.raw_headers
    return response
