"""Starts, watches and ends the server processes; says what to do where one is missing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

START_SECONDS = 20.0
STOP_SECONDS = 5.0
_SBIN = os.pathsep.join(("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin"))


class AddressTaken(Exception):  # noqa: N818 - a signal to choose other ports, not an error to show
    """Somebody took the port between choosing it and listening on it."""


def missing(what: str, how: str) -> NoReturn:
    """Skip the test, or fail it in CI, because `what` is not installed."""
    message = f"{what} is not installed; install it with: {how}"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"{message} (in CI these tests may not be skipped)", pytrace=False)
    pytest.skip(message)


def find_server(name: str) -> str:
    """Where the server's program is; the sbin folders count even where PATH leaves them out."""
    path = os.environ.get("PATH", os.defpath) + os.pathsep + _SBIN
    found = shutil.which(name, path=path)
    return found if found is not None else missing(name, f"apt-get install {name}")


def has_ipv6() -> bool:
    """Whether a socket can be bound to ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody on 127.0.0.1 uses at this moment."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_until_listening(
    child: subprocess.Popen[bytes], ports: list[int], logs: list[Path]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        ended = child.poll() is not None
        if not ended and all(_listening(port) for port in ports):
            return
        if ended or time.monotonic() > deadline:
            said = "\n".join(log.read_text(errors="replace") for log in logs if log.exists())
            if "in use" in said:
                raise AddressTaken(said)
            what = f"ended with {child.returncode}" if ended else f"not up in {START_SECONDS} s"
            raise RuntimeError(f"{child.args!r}: {what}:\n{said}")
        time.sleep(0.02)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ask the process to end; what is left of its own process group after that is killed."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(STOP_SECONDS)


@contextlib.contextmanager
def running(command: list[str], ports: list[int], output: Path, *logs: Path) -> Iterator[None]:
    """Run `command` until the block ends; the block begins when all `ports` accept."""
    with output.open("wb") as sink:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_listening(child, ports, [output, *logs])
        yield
    finally:
        _stop(child)
