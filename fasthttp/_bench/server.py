"""The loopback server, a process of its own: as little work per request as Python can do.

It is told what to serve by one line of JSON on its standard input, answers with one line of JSON
that names its ports, and ends when its standard input does: with the process that started it,
however that one ended.
"""

import json
import os
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .answers import POSTED, Served, answer
from .hosting import ignore_interrupts, most_files

__all__ = ["limit_waiting"]

#: Seconds after which an end that hears nothing gives up: nothing here may hang. The server's is
#: the longer one, since between two batches of a client it hears nothing either.
_CLIENT_WITHIN = 30
_SERVER_WITHIN = 240

#: How often to ask in vain for something to do before going to sleep: about 2 ms.
_SPINS = 2000

#: So many may ask to be connected at a time, if the system takes as many.
_BACKLOG = 4096

_END = b"\r\n\r\n"


def limit_waiting(connection: socket.socket, seconds: int = _CLIENT_WITHIN) -> None:
    """Have the kernel end calls that wait too long.

    `settimeout()` would do too, but costs a poll() before every call and so would be measured.
    """
    if sys.platform == "win32":
        limit = struct.pack("<I", seconds * 1000)
    else:
        limit = struct.pack("@ll", seconds, 0)
    # Where the kernel wants it otherwise, there is still the other end's limit.
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _is_complete(request: bytes) -> bool:
    if request.startswith(b"POST "):
        return len(request) - request.find(_END) - len(_END) >= len(POSTED) and _END in request
    return request.endswith(_END)


def _respond(connection: socket.socket, answers: dict[bytes, Served]) -> bool:
    """Read one request and answer it; False where the client has closed, or says nonsense."""
    try:
        request = connection.recv(65536)
        while request and not _is_complete(request):
            more = connection.recv(65536)
            if not more:
                return False
            request += more
        if not request:
            return False
        connection.sendall(answers[request.split(b" ", 2)[1]].next_wire())
    except (OSError, KeyError, IndexError):
        return False
    return True


def _serve(
    connection: socket.socket, answers: dict[bytes, Served], context: ssl.SSLContext | None
) -> None:
    with suppress(OSError), connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is None:
            limit_waiting(connection, _SERVER_WITHIN)
            while _respond(connection, answers):
                pass
        else:
            # OpenSSL would retry for ever after the kernel's time-out.
            connection.settimeout(_SERVER_WITHIN)
            with context.wrap_socket(connection, server_side=True) as secured:
                while _respond(secured, answers):
                    pass


def _serve_all(listeners: list[socket.socket], answers: dict[bytes, Served], spins: int) -> None:
    """Serve all connections, asking `spins` times in vain which is ready before going to sleep.

    A client then never pays for waking the server's core, which on a virtual machine costs more
    than the request.
    """
    if sys.platform == "win32":
        return  # see _start()
    ready = select.epoll() if hasattr(select, "epoll") else select.poll()
    for listener in listeners:
        ready.register(listener, select.POLLIN)
    listening = {listener.fileno(): listener for listener in listeners}
    connections: dict[int, socket.socket] = {}
    idle = 0
    while True:
        events = ready.poll(0 if idle < spins else None)
        idle = 0 if events else idle + 1
        for descriptor, _ in events:
            connection = connections.get(descriptor)
            if connection is None:
                connection, _ = listening[descriptor].accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                limit_waiting(connection, _SERVER_WITHIN)
                connections[connection.fileno()] = connection
                ready.register(connection, select.POLLIN)
            elif not _respond(connection, answers):
                ready.unregister(descriptor)
                connections.pop(descriptor).close()


def _accept(
    listener: socket.socket, answers: dict[bytes, Served], context: ssl.SSLContext | None
) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection, answers, context), daemon=True).start()


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def _start_thread(serve: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(target=serve, args=arguments, daemon=True).start()


def _start(told: dict[str, Any]) -> dict[str, Any]:
    most_files()
    if told["core"] is not None and sys.platform != "win32" and sys.platform != "darwin":
        os.sched_setaffinity(0, {told["core"]})
    answers = {path.encode(): Served(answer(path)) for path in told["paths"]}
    listeners = [_listener() for _ in range(1 + told["hosts"])]
    if (told["spin"] or told["many"]) and hasattr(select, "poll"):
        _start_thread(_serve_all, listeners, answers, _SPINS if told["spin"] else 0)
    else:
        for listener in listeners:
            _start_thread(_accept, listener, answers, None)
    port, *hosts = map(_port, listeners)
    ports: dict[str, Any] = {"port": port, "hosts": hosts}
    if told["certificate"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(told["certificate"])
        secured = _listener()
        _start_thread(_accept, secured, answers, context)
        ports["tls_port"] = _port(secured)
    return ports


def main() -> None:
    """Serve until the standard input ends."""
    ignore_interrupts()
    line = sys.stdin.buffer.readline()
    if line:
        print(json.dumps(_start(json.loads(line))), flush=True)
        sys.stdin.buffer.read()
    # Threads may be waiting in recv(): leave without asking them.
    os._exit(0)


if __name__ == "__main__":
    main()
