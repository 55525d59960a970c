"""A program that forks with open connections; prints what parent and child got, as JSON.

python -m tests.hostile.fork_program PORT [CAFILE]
"""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Callable
from typing import Any

from fasthttp import client

from ..client.response_delivery import PATIENCE


def _connect(port: int, cafile: str | None) -> Any:
    if cafile is None:
        return client.HTTPConnection("localhost", port, timeout=PATIENCE)
    context = ssl.create_default_context(cafile=cafile)
    return client.HTTPSConnection("localhost", port, timeout=PATIENCE, context=context)


def _fetch(connection: Any, path: str) -> str:
    connection.request("GET", path)
    body: bytes = connection.getresponse().read()
    return body.decode("ascii")


def _in_child(act: Callable[[], str]) -> str:
    """What `act` gives in a forked child, or its error."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            said = act()
        except BaseException as error:
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        said = file.read()
    os.waitpid(pid, 0)
    return said


def idle(connection: Any) -> list[str]:
    """Forked between two exchanges."""
    first = _fetch(connection, "/first")
    child = _in_child(lambda: _fetch(connection, "/child") + ", " + _fetch(connection, "/child-2"))
    return [first, child, _fetch(connection, "/next")]


def in_body(connection: Any) -> list[str]:
    """Forked while a response is read; the child asks on the same object."""
    connection.request("GET", "/first")
    response = connection.getresponse()
    first = response.read(3).decode("ascii")
    child = _in_child(lambda: _fetch(connection, "/child"))
    return [first + response.read().decode("ascii"), child, _fetch(connection, "/next")]


def before_answer(connection: Any) -> list[str]:
    """Forked when the request is sent and its answer not yet asked for."""
    connection.request("GET", "/first")
    child = _in_child(lambda: _fetch(connection, "/child"))
    return [connection.getresponse().read().decode("ascii"), child, _fetch(connection, "/next")]


def started(connection: Any) -> list[str]:
    """Forked when a request is begun and not sent: each of the two ends it for itself."""

    def end() -> str:
        connection.putheader("X-Who", str(os.getpid()))
        connection.endheaders()
        body: bytes = connection.getresponse().read()
        return body.decode("ascii")

    first = _fetch(connection, "/first")
    connection.putrequest("GET", "/begun")
    return [first, _in_child(end), end()]


def started_and_dropped(connection: Any) -> list[str]:
    """The same, but that the child closes it, and makes a request of its own."""
    first = _fetch(connection, "/first")
    connection.putrequest("GET", "/begun")

    def drop() -> str:
        connection.close()
        return _fetch(connection, "/child")

    child = _in_child(drop)
    connection.endheaders()
    return [first, child, connection.getresponse().read().decode("ascii")]


def connected_by_hand(connection: Any) -> list[str]:
    """A socket that the caller has put there, as subclasses with a connect() of their own do."""
    connection.connect()
    sock = connection.sock
    by_hand = type(connection)(connection.host, connection.port, **_context_of(connection))
    by_hand.sock, connection.sock = sock, None
    said = idle(by_hand)
    by_hand.close()
    return said


def closed_by_child(connection: Any) -> list[str]:
    """The child closes what it has inherited, and ends as a program ends."""
    first = _fetch(connection, "/first")

    def close() -> str:
        connection.close()
        return _fetch(connection, "/child")

    return [first, _in_child(close), _fetch(connection, "/next")]


def dropped_by_child(connection: Any) -> list[str]:
    """The child drops the last reference to a response in mid-body, and opens a new connection."""
    connection.request("GET", "/first")
    kept = [connection.getresponse()]
    first = kept[0].read(3).decode("ascii")

    def drop() -> str:
        kept.clear()
        fresh = type(connection)(connection.host, connection.port, **_context_of(connection))
        said = _fetch(fresh, "/child")
        fresh.close()
        return said

    child = _in_child(drop)
    return [first + kept[0].read().decode("ascii"), child, _fetch(connection, "/next")]


def _context_of(connection: Any) -> dict[str, Any]:
    context = getattr(connection, "_context", None)
    return {} if context is None else {"context": context}


def grandchild(connection: Any) -> list[str]:
    """A child's connection is its own: its child must not use that either."""
    first = _fetch(connection, "/first")

    def act() -> str:
        said = [_fetch(connection, "/child")]
        said += [_in_child(lambda: _fetch(connection, "/grandchild"))]
        return ", ".join([*said, _fetch(connection, "/child-2")])

    return [first, _in_child(act), _fetch(connection, "/next")]


SCENES = (
    idle,
    in_body,
    before_answer,
    started,
    started_and_dropped,
    connected_by_hand,
    closed_by_child,
    dropped_by_child,
    grandchild,
)


def main() -> None:
    port, cafile = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    said: dict[str, list[str]] = {}
    for scene in SCENES:
        connection = _connect(port, cafile)
        try:
            said[scene.__name__] = scene(connection)
        except Exception as error:
            said[scene.__name__] = [repr(error)]
        connection.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
