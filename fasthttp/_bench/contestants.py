"""http.client and fasthttp: how each does what a scenario asks for."""

import http.client
import importlib
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from . import raw
from .hosting import Place
from .many import POOLS, pool_contestant, secured
from .processes import in_own_process
from .rivals import RIVALS, rival_contestant
from .scenarios import BODY_ROWS, SMALL_READS, Scenario, expected
from .server import limit_waiting
from .visits import Anew, Contestant, NotApplicable, Sample, Seen, Sink, Threads, Visit

__all__ = [
    "INSTALLED", "client_contestant", "contestant_named", "house_contestants",
    "installed_contestant", "pool_contestants",
]  # fmt: skip

#: The name of http.client with install() in force, where it takes part.
INSTALLED = "installed"

_KEPT = 256 * 1024
_IMPORT_WITHIN = 60
_MOST_THREADS = 256

_HOME = str(Path(__file__).resolve().parents[2])


class _Reading(Visit):
    """One connection kept open; request, status, one header, read()."""

    def __init__(self, module: Any, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.scenario = scenario
        given: dict[str, Any] = {} if place.timeout is None else {"timeout": place.timeout}
        kind = module.HTTPConnection
        if place.scheme == "https":
            kind, given["context"] = module.HTTPSConnection, place.context()
        self.connection = kind(place.host, place.port, **given)
        self.connection.connect()
        if place.timeout is None:
            limit_waiting(self.connection.sock)

    def fetch(self, sink: Sink | None = None) -> Seen:
        connection, scenario = self.connection, self.scenario
        if scenario.headers:
            connection.request(scenario.method, scenario.path, scenario.body, scenario.headers)
        else:
            connection.request("GET", scenario.path)
        response = connection.getresponse()
        status, header = response.status, response.getheader(scenario.asks)
        body = response.read()
        if sink is not None:
            sink(body)
        return status, header, len(body)

    def close(self) -> None:
        self.connection.close()


class _ReadingInThread(_Reading):
    """One of many connections; each answer is looked at, as where there is one thread."""

    def batch(self, count: int) -> Seen:
        fetch, right = self.fetch, (self.right.status, self.right.header, self.right.length)
        for _ in range(count):
            seen = fetch()
            if seen != right:
                return seen
        return right


class _ReadingInto(_Reading):
    """The same by readinto() one buffer."""

    def __init__(self, module: Any, scenario: Scenario, place: Place) -> None:
        super().__init__(module, scenario, place)
        self.kept = memoryview(bytearray(_KEPT))

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.connection.request("GET", self.scenario.path)
        response = self.connection.getresponse()
        status, header = response.status, response.getheader(self.scenario.asks)
        readinto, kept, length = response.readinto, self.kept, 0
        while got := readinto(kept):
            length += got
            if sink is not None:
                sink(kept[:got])
        return status, header, length


class _ReadingParts(_Reading):
    """The same by read(65536)."""

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.connection.request("GET", self.scenario.path)
        response = self.connection.getresponse()
        status, header = response.status, response.getheader(self.scenario.asks)
        read, length = response.read, 0
        while part := read(65536):
            length += len(part)
            if sink is not None:
                sink(part)
        return status, header, length


class _ReadingSmall(_Reading):
    """The same in pieces as small as the scenario says."""

    def pieces(self, response: Any) -> Iterator[bytes]:
        """All that is read, but for what `readinto` fills."""
        way = self.scenario.way
        if way == "lines":
            return iter(response.readline, b"")
        if way == "read1":
            return iter(response.read1, b"")
        return iter(partial(response.read, 1 if way == "read by 1" else 16), b"")

    def fetch(self, sink: Sink | None = None) -> Seen:
        self.connection.request("GET", self.scenario.path)
        response = self.connection.getresponse()
        status, header = response.status, response.getheader(self.scenario.asks)
        length = 0
        for piece in self.pieces(response):
            length += len(piece)
            if sink is not None:
                sink(piece)
        return status, header, length


class _ReadingSmallInto(_ReadingInto):
    """The same into a buffer of 64 bytes."""

    def __init__(self, module: Any, scenario: Scenario, place: Place) -> None:
        super().__init__(module, scenario, place)
        self.kept = memoryview(bytearray(64))


class _Connecting(Visit):
    """A new TLS connection for every request, all with one context."""

    def __init__(self, module: Any, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.module, self.scenario, self.place = module, scenario, place
        if place.tls_port is None:
            raise NotApplicable(place.no_tls)
        self.context = place.context()
        # A new connection costs many times its calls, so that a poll() more is not seen.
        self.timeout = place.timeout or 30

    def fetch(self, sink: Sink | None = None) -> Seen:
        connection = self.module.HTTPSConnection(
            self.place.host, self.place.tls_port, timeout=self.timeout, context=self.context
        )
        connection.request("GET", self.scenario.path)
        response = connection.getresponse()
        status, header = response.status, response.getheader(self.scenario.asks)
        body = response.read()
        connection.close()
        if sink is not None:
            sink(body)
        return status, header, len(body)


class _Constructing(Visit):
    """HTTPSConnection() without a context; nothing is connected."""

    def __init__(self, module: Any, scenario: Scenario) -> None:
        super().__init__(expected(scenario))
        self.make = module.HTTPSConnection
        # The first one may pay for all: what is measured is the second and later.
        self.make("localhost")

    def batch(self, count: int) -> Seen:
        make = self.make
        for _ in range(count):
            make("localhost")
        return self.right.status, self.right.header, self.right.length

    def examine(self) -> str:
        context = self.make("localhost")._context
        if context.verify_mode != ssl.CERT_REQUIRED or not context.check_hostname:
            return "the context does not verify the server"
        return ""


class _Importing(Visit):
    """An import in a fresh interpreter, which times it itself."""

    def __init__(self, scenario: Scenario, module: str) -> None:
        super().__init__(expected(scenario))
        before = "" if module == "http.client" else ", http.client"
        self.code = (
            f"import sys, time{before}; c = time.process_time(); w = time.perf_counter(); "
            f"import {module}; print(time.perf_counter() - w, time.process_time() - c)"
        )
        path = os.pathsep.join(filter(None, [_HOME, os.environ.get("PYTHONPATH")]))
        self.environment = {**os.environ, "PYTHONPATH": path}
        # Byte code is kept, as pip and every user have it.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def examine(self) -> str:
        # Also leaves the byte code behind, so that nothing measured compiles anything.
        self.measure(1)
        return ""

    def measure(self, count: int) -> Sample:
        done = subprocess.run(
            [sys.executable, "-c", self.code],
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_IMPORT_WITHIN,
        )  # fmt: skip
        if done.returncode:
            raise ImportError(done.stderr.strip().rpartition("\n")[2])
        wall, cpu = map(float, done.stdout.split())
        return Sample(wall, cpu)


def _in_threads(module: Any, scenario: Scenario, place: Place) -> Visit:
    if scenario.connections > _MOST_THREADS:
        raise NotApplicable(f"more than {_MOST_THREADS} threads")
    where = secured(scenario, place)
    return Threads(
        expected(scenario),
        lambda: _ReadingInThread(module, scenario, where),
        scenario.connections,
    )


def client_contestant(name: str, label: str, module: ModuleType) -> Contestant:
    """A contestant whose `module` has the names of http.client."""

    def visit(scenario: Scenario, place: Place) -> Visit:
        if scenario.way == "threads":
            opens: Callable[[], Visit] = lambda: _Reading(module, scenario, place)  # noqa: E731
            return Threads(expected(scenario), opens, scenario.connections)
        if scenario.way == "pool":
            return _in_threads(module, scenario, place)
        if scenario.way == "url":
            return Anew(expected(scenario), lambda: _Reading(module, scenario, place))
        if scenario.way == "connect":
            return _Connecting(module, scenario, place)
        if scenario.way == "context":
            return _Constructing(module, scenario)
        if scenario.way == "import":
            return _Importing(scenario, module.__name__)
        if scenario.way in SMALL_READS:
            kind = _ReadingSmallInto if scenario.way == "readinto 64" else _ReadingSmall
            return kind(module, scenario, place)
        ways = dict(zip(BODY_ROWS, (_Reading, _ReadingInto, _ReadingParts), strict=True))
        return ways[scenario.way](module, scenario, place)

    return Contestant(name, label, visit)


def contestant_named(name: str) -> Contestant:
    """A contestant of the house or a rival, in this process and on whatever codec it has."""
    if name == raw.CONTESTANT.name:
        return raw.CONTESTANT
    if name in RIVALS:
        return rival_contestant(name)
    if name in POOLS:
        return pool_contestant(name)
    if name == INSTALLED:
        importlib.import_module("fasthttp").install()
        return client_contestant(name, name, http.client)
    module = http.client if name == "stdlib" else importlib.import_module("fasthttp.client")
    return client_contestant(name, name, module)


def house_contestants() -> list[Contestant]:
    """http.client, fasthttp, its pure-Python twin where it is another, and a raw socket."""
    found = [in_own_process("stdlib", "http.client")]
    if importlib.import_module("fasthttp._compiled").implementation == "c":
        found.append(in_own_process("fasthttp", "fasthttp (C)", "1"))
        found.append(in_own_process("fasthttp-py", "fasthttp (Python)", "0"))
    else:
        found.append(in_own_process("fasthttp", "fasthttp (Python)", "0"))
    found.append(in_own_process(raw.CONTESTANT.name, raw.CONTESTANT.label))
    return found


def installed_contestant() -> Contestant:
    """http.client with install() in force, in a process of its own."""
    return in_own_process(INSTALLED, "with install()")


def pool_contestants() -> list[Contestant]:
    """The pool, and its pure-Python twin where it is another, each in a process of its own."""
    if importlib.import_module("fasthttp._compiled").implementation != "c":
        return [
            in_own_process("fasthttp-pool", "Pool.map (Python)", "0"),
            in_own_process("fasthttp-amap", "Pool.amap (Python)", "0"),
        ]
    return [
        in_own_process("fasthttp-pool", "Pool.map (C)", "1"),
        in_own_process("fasthttp-amap", "Pool.amap (C)", "1"),
        in_own_process("fasthttp-pool-py", "Pool.map (Python)", "0"),
    ]
