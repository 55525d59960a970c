"""The CONNECT proxy under test: tinyproxy's configuration, and a context manager that runs it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from .process import AddressTaken, find_server, free_ports, running

USER, PASSWORD = "somebody", "secret"


@dataclasses.dataclass(frozen=True)
class Tinyproxy:
    """A running tinyproxy; CONNECT is allowed to the ports it was given only."""

    host: str
    port: int


def _configuration(port: int, log: Path, connect_ports: list[int], password: bool) -> str:
    lines = [
        f"Port {port}",
        "Listen 127.0.0.1",
        "Allow 127.0.0.1",
        "Timeout 60",
        "MaxClients 64",
        f'LogFile "{log}"',
        "LogLevel Info",
        *(f"ConnectPort {allowed}" for allowed in connect_ports),
    ]
    if password:
        lines.append(f"BasicAuth {USER} {PASSWORD}")
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def run_tinyproxy(
    folder: Path, connect_ports: list[int], *, password: bool = False
) -> Iterator[Tinyproxy]:
    """Run tinyproxy in the foreground with everything it writes below `folder`."""
    program = find_server("tinyproxy")
    for attempt in range(5):
        state = folder / f"tinyproxy-{attempt}"
        state.mkdir()
        [port] = free_ports(1)
        log, configuration = state / "tinyproxy.log", state / "tinyproxy.conf"
        configuration.write_text(_configuration(port, log, connect_ports, password))
        with contextlib.ExitStack() as stack:
            try:
                command = [program, "-d", "-c", str(configuration)]
                stack.enter_context(running(command, [port], state / "output.log", log))
            except AddressTaken:
                continue
            yield Tinyproxy("127.0.0.1", port)
            return
    raise RuntimeError("tinyproxy: found no free port in five attempts")
