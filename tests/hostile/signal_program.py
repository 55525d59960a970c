"""A program into whose blocking calls signals come; prints what it got, as JSON.

    python -m tests.hostile.signal_program eintr|interrupt|sweep fast|plain PORT

"eintr": the handler returns, again and again. "interrupt": it raises KeyboardInterrupt, once, while
the call waits. "sweep": the same at many moments of quick exchanges.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from fasthttp import client

from ..client.response_delivery import PATIENCE
from .arena import PATHS
from .request_bodies import LARGE
from .server import DELAY

#: In seconds.
_OFTEN = 0.003
_SWEEPS = 600
#: More than the kernel holds for a socket, so that sending has to wait.
_UPLOAD = b"x" * (16 * LARGE)


@contextlib.contextmanager
def _full_listener() -> Iterator[int]:
    """The port of a listener that takes no connection for a while: connecting has to wait."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [stack.enter_context(socket.socket()) for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        closing = threading.Event()

        def accept() -> None:
            time.sleep(DELAY)
            while not closing.is_set():
                with contextlib.suppress(OSError):
                    stack.enter_context(listener.accept()[0]).sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0 /connect"
                    )

        thread = threading.Thread(target=accept)
        listener.settimeout(_OFTEN)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            closing.set()
            thread.join()


def _fetch(connection: Any, path: str, body: bytes | None = None) -> str:
    connection.request("GET" if body is None else "POST", path, body=body)
    read: bytes = connection.getresponse().read()
    return read.decode("ascii")


_CALLS: dict[str, Callable[[Any], str]] = {
    "send": lambda connection: _fetch(connection, "/late", _UPLOAD),
    "head": lambda connection: _fetch(connection, "/slow-head"),
    "body": lambda connection: _fetch(connection, "/slow-body"),
}


def _connection(port: int) -> Any:
    def connect(_address: Any, timeout: float, *_: Any) -> socket.socket:
        sock = PATHS[sys.argv[2]](socket.AF_INET)
        sock.settimeout(timeout)
        sock.connect((connection.host, connection.port))
        return sock

    connection = client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection._create_connection = connect
    return connection


def _interrupted(after: float, act: Callable[[], str]) -> str:
    """What `act` gives, if a KeyboardInterrupt `after` so many seconds lets it."""
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        said = act()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        said = "interrupted"
    return said


def eintr(port: int) -> dict[str, list[str]]:
    """Each call with signals all the time, and the request behind it."""
    said: dict[str, list[str]] = {}
    came = []
    signal.signal(signal.SIGALRM, lambda *_: came.append(1))
    with _full_listener() as full:
        signal.setitimer(signal.ITIMER_REAL, _OFTEN, _OFTEN)
        try:
            said["connect"] = [_fetch(_connection(full), "/connect")]
        except OSError as error:
            said["connect"] = [type(error).__name__]
        said["connect"].append("signals" if came else "no signals")
    for name, call in _CALLS.items():
        came.clear()
        connection = _connection(port)
        said[name] = [call(connection), "signals" if came else "no signals"]
        said[name].append(_fetch(connection, "/next"))
        connection.close()
    signal.setitimer(signal.ITIMER_REAL, 0)
    return said


def interrupt(port: int) -> dict[str, list[str]]:
    """Each call ended by a KeyboardInterrupt, and the next request on the same object."""
    said: dict[str, list[str]] = {}
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    with _full_listener() as full:
        connection = _connection(full)
        said["connect"] = [_interrupted(DELAY / 2, lambda: _fetch(connection, "/connect"))]
        connection.port = port
        said["connect"].append(_next(connection))
        connection.close()
    for name, call in _CALLS.items():
        connection = _connection(port)
        said[name] = [_fetch(connection, "/first")]
        said[name].append(_interrupted(DELAY / 2, partial(call, connection)))
        said[name].append(_next(connection))
        connection.close()
    return said


def _next(connection: Any) -> str:
    try:
        return _fetch(connection, "/next")
    except Exception as error:
        return repr(error)


def sweep(port: int) -> dict[str, list[str]]:
    """Exchanges interrupted at some moment; each next request must get its own answer."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    generator = random.Random(5)
    connection = _connection(port)
    wrong: list[str] = []
    interrupted: list[str] = []
    for number in range(_SWEEPS):
        delay = generator.uniform(1e-6, 4e-4)
        path = f"/sweep/{number}"
        where = ""
        try:
            signal.setitimer(signal.ITIMER_REAL, delay)
            first = _fetch_and_close(connection, path)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if first.partition(" ")[2] != path:
                wrong.append(f"{number}: {first}")
        except KeyboardInterrupt as error:
            where = _where(error)
            interrupted.append(where)
        # A response that the caller has not got cannot be closed by it: that is for close().
        if not where.startswith("fasthttp"):
            connection.close()
        response = connection._HTTPConnection__response
        if (
            connection._HTTPConnection__state == "Request-sent"
            and connection._fasthttp.doubt is None
        ):
            # Between request() and getresponse(), as good as in the caller: the answer comes.
            first = connection.getresponse().read().decode("ascii")
            if first.partition(" ")[2] != path:
                wrong.append(f"{number}: interrupted at {where}, then {first}")
        elif where.endswith("getresponse") and response is not None and not response.isclosed():
            connection.close()  # it was done, but for handing over the response: as above
        second = _next(connection)
        if second.partition(" ")[2] != "/next":
            wrong.append(f"{number}: interrupted at {where}, then {second}")
            connection.close()
    return {"wrong": wrong, "interrupted": interrupted}


def _fetch_and_close(connection: Any, path: str) -> str:
    connection.request("GET", path)
    with contextlib.closing(connection.getresponse()) as response:
        body: bytes = response.read()
    return body.decode("ascii")


def _where(error: BaseException) -> str:
    """The innermost line of fasthttp's that was interrupted; if there is none, of the caller's."""
    lines = traceback.extract_tb(error.__traceback__)
    # Cython knows its files by their places in the source tree.
    package = str(Path(client.__file__).parent), "fasthttp/"
    ours = [line for line in lines if line.filename.startswith(package)]
    line = ours[-1] if ours else lines[-1]
    return f"{'fasthttp ' if ours else ''}{Path(line.filename).name}:{line.lineno} {line.name}"


if __name__ == "__main__":
    modes = {"eintr": eintr, "interrupt": interrupt, "sweep": sweep}
    print(json.dumps(modes[sys.argv[1]](int(sys.argv[3]))))
