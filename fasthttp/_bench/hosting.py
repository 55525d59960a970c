"""Starts the server process, keeps it and the client on cores of their own, and ends it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .certificate import Certificate, NoCertificateError, make_certificate

if TYPE_CHECKING:
    import ssl

__all__ = [
    "Cores", "Place", "ServerError", "choose_cores", "end", "hosted", "ignore_interrupts",
    "killed_after", "most_files", "spawn",
]  # fmt: skip

_START_WITHIN = 30
_END_WITHIN = 10
#: What is asked for, where many connections are open at a time.
_MANY_FILES = 32768


class ServerError(Exception):
    """There is no server to measure with; the message says why."""


@dataclass(frozen=True)
class Cores:
    """Which core is whose."""

    client: int
    server: int


@dataclass(frozen=True)
class Place:
    """Where the server is, and how to reach it."""

    port: int
    pid: int = 0
    tls_port: int | None = None
    #: The PEM text of the authority to trust.
    authority: str = ""
    #: Why there is no TLS port.
    no_tls: str = ""
    #: For `settimeout()`; None leaves sockets blocking, as http.client does.
    timeout: float | None = None
    host: str = "127.0.0.1"
    scheme: str = "http"
    #: A file of PEM certificates to trust instead of the system's.
    cafile: str | None = None
    #: More ports, where it was asked for them: each is a host to a client.
    hosts: Sequence[int] = ()

    def url(self, path: str) -> str:
        """The URL of `path`, without a port that is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}{'' if self.port == usual else f':{self.port}'}{path}"

    def context(self) -> "ssl.SSLContext":
        """What verifies the server: by `authority` or `cafile` if given, else as the system does.

        Raises OSError for a `cafile` that cannot be read.
        """
        import ssl  # which a Python may lack

        return ssl.create_default_context(cafile=self.cafile, cadata=self.authority or None)


def choose_cores(placing: str = "apart") -> Cores | None:
    """Where to pin client and server; None where they are left to the system.

    "apart" is a core each, of two physical ones if possible; the server's then never sleeps while
    there is something to do. "shared" is one core for both. "any" pins nothing.
    """
    if sys.platform == "win32" or not hasattr(os, "sched_getaffinity") or placing == "any":
        return None
    allowed = sorted(os.sched_getaffinity(0))
    client = allowed[-1]
    if placing == "shared":
        return Cores(client, client)
    others = allowed[:-1]
    apart = [core for core in others if core not in _siblings(client)]
    return Cores(client, (apart or others)[-1]) if others else None


def _siblings(core: int) -> set[int]:
    """The hardware threads on one physical core with `core`, as far as Linux tells."""
    file = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        text = file.read_text(encoding="ascii").strip()
        spans = [[int(end) for end in part.split("-")] for part in text.split(",")]
    except (OSError, ValueError):
        return {core}
    return {number for span in spans for number in range(span[0], span[-1] + 1)}


@contextmanager
def hosted(
    paths: Iterable[str],
    cores: Cores | None,
    *,
    tls: bool = False,
    many: bool = False,
    hosts: int = 0,
    timeout: float | None = None,
) -> Iterator[Place]:
    """A running server for `paths`, with the client pinned next to it, for as long as the with.

    `many` connections at a time are served by one thread, `hosts` is on how many more ports.
    """
    server = spawn("fasthttp._bench.server")
    try:
        # Gone again once the server has read it, so that no key is left behind by a kill.
        with tempfile.TemporaryDirectory(prefix="fasthttp-bench-") as folder:
            certificate, no_tls = _certificate(Path(folder)) if tls else (None, "not asked for")
            told = {
                "paths": list(paths),
                "core": cores and cores.server,
                "spin": cores is not None and cores.client != cores.server,
                "many": many,
                "hosts": hosts,
                "certificate": certificate and certificate.file,
            }
            said = _handshake(server, json.dumps(told))
        with _pinned(cores):
            yield Place(
                port=said["port"],
                pid=server.pid,
                tls_port=said.get("tls_port"),
                authority=certificate.authority if certificate else "",
                no_tls=no_tls,
                timeout=timeout,
                hosts=said["hosts"],
            )
    finally:
        end(server)


def _certificate(folder: Path) -> tuple[Certificate | None, str]:
    try:
        return make_certificate(folder), ""
    except NoCertificateError as error:
        return None, f"no certificate for a TLS server could be made: {error}"


def spawn(module: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a module of this package, to be told on its standard input what to do."""
    # It must be found also where the current directory is not what found this package.
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    with _without_interrupts():
        return subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, **environment},
        )


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold SIGINT back, and for good in a process that is started meanwhile.

    Ctrl-C goes to all processes of a terminal. It is for the one that started the others, and
    reaches them through it.
    """
    if sys.platform == "win32":  # see ignore_interrupts()
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_interrupts() -> None:
    """What a spawned process does first, because Windows has nothing to hold Ctrl-C back with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def most_files() -> int | None:
    """Let this process open as many files as it may; return how many, None where nobody says."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (_MANY_FILES, hard):
        if soft == resource.RLIM_INFINITY or soft >= _MANY_FILES:
            return _MANY_FILES
        # It is more than the system allows, or no number.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return soft


@contextmanager
def killed_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Kill a spawned process where the block takes longer."""
    alarm = threading.Timer(seconds, process.kill)
    # Ctrl-C may keep it from being cancelled, and Python would wait for it before it ends.
    alarm.daemon = True
    try:
        alarm.start()
        yield
    finally:
        alarm.cancel()


def _handshake(server: subprocess.Popen[bytes], told: str) -> dict[str, Any]:
    if server.stdin is None or server.stdout is None:
        raise ServerError("the server has no standard input or output")
    try:
        with killed_after(server, _START_WITHIN):
            server.stdin.write(told.encode() + b"\n")
            server.stdin.flush()
            line = server.stdout.readline()
    except OSError as error:
        raise ServerError(f"the server process ended at once: {error}") from error
    if not line:
        raise ServerError("the server process ended at once")
    said: dict[str, Any] = json.loads(line)
    return said


def end(server: subprocess.Popen[bytes]) -> None:
    """Close the standard input of a spawned process, which ends it; kill it if it does not."""
    for stream in (server.stdin, server.stdout):
        # What is still unsent to a process already gone is of no interest.
        with suppress(OSError):
            if stream is not None:
                stream.close()
    try:
        server.wait(_END_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def _pinned(cores: Cores | None) -> Iterator[None]:
    if cores is None or sys.platform in ("win32", "darwin"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cores.client})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
