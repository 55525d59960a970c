"""Lets memory run out at each allocation of an exchange in turn, and looks at what comes of it.

    python -m tests.hostile.memory [--client c py] [--scenario NAME ...] [--quick]

Each scenario of `memory_scenarios.py` runs again and again, with its first allocation failing, then
with its second, until it passes: once with that allocation alone failing, once with the next 50 as
well; once in one process that has made requests before ("warm"), and once in a new one each time
that has made none ("cold"). What comes out must be the right result or a MemoryError. With memory
again, what is left of the response, the next exchange on the same connection, and one on a new
connection must be right, and nothing may be left behind. Ends with status 1 where that is not so. A
process that does not survive is named with its scenario.

Needs CPython's `_testcapi.set_nomemory`, and fork(). `--quick`: some scenarios, in the warm
process, with single allocations.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Container, Iterator
from http.client import CannotSendRequest
from types import ModuleType
from typing import Any

from fasthttp._bench.implementations import load_package

from .arena import open_descriptors
from .memory_scenarios import CALLS, EXCHANGES, QUICK, Got, Scenario

try:
    _testcapi: Any = importlib.import_module("_testcapi")
except ImportError:
    _testcapi = None
CAN_RUN = hasattr(_testcapi, "set_nomemory") and hasattr(os, "fork")

_AGAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain"
#: In seconds: only what has gone wrong waits.
_PATIENCE = 0.5
#: In seconds: what takes longer is killed.
_LONGEST = 60
#: So many fail in a run. Not all for ever: CPython from 3.12 on tries for ever to handle an error.
_RUN = 50
#: After so many numbers at which nothing fails there are no more allocations.
_ENOUGH = 8
_POOL_SIZE = 32

#: What CPython itself makes of a MemoryError: io.BufferedReader, of which the pure twin's file is
#: one, and a file object of email.parser, which reads odd heads.
_MADE_OF_IT = (
    (RuntimeError, "can't allocate read lock"),
    (SystemError, "returned NULL without setting an exception"),
)

#: One attempt: what is wrong, and whether no allocation failed.
Attempt = Callable[[int, int], tuple[list[str], bool]]


@contextlib.contextmanager
def _failing(number: int, count: int) -> Iterator[None]:
    """Within it `count` allocations fail, the first of them being `number`, counted from 0.

    The collector is off: what CPython itself allocates to clear garbage would be counted as well,
    and complained about where it fails.
    """
    gc.disable()
    _testcapi.set_nomemory(number, number + count)
    try:
        yield
    finally:
        _testcapi.remove_mem_hooks()
        gc.enable()


def _is_allowed(error: BaseException) -> bool:
    """Whether this may come out where memory runs out."""
    texts = [text for kind, text in _MADE_OF_IT if kind is type(error)]
    return isinstance(error, MemoryError) or any(text in str(error) for text in texts)


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]


class Place:
    """A connection over pairs of sockets, and what the servers behind it do."""

    def __init__(self, client: ModuleType) -> None:
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.connection = client.HTTPConnection("127.0.0.1", 80, timeout=_PATIENCE)
        self.connection.connect = self._connect
        self._connect()

    def _connect(self) -> None:
        near, far = socket.socketpair()
        near.settimeout(_PATIENCE)
        far.settimeout(_PATIENCE)
        self.pairs.append((near, far))
        self.connection.sock = near

    def again(self) -> str | None:
        """What is wrong with the next exchange, if anything is."""
        connection = self.connection
        if not self._was_asked():
            connection.close()  # the answer that waits there would be taken for this one's
        try:
            try:
                connection.request("GET", "/again")
            except CannotSendRequest:  # as http.client's own: an exchange is under way
                connection.close()
                connection.request("GET", "/again")
            next(far for near, far in self.pairs if near is connection.sock).sendall(_AGAIN)
            body = connection.getresponse().read()
        except Exception as error:
            return _shown(error)
        return None if body == b"again" else repr(body)

    def _was_asked(self) -> bool:
        """Whether the first server has been sent anything."""
        return bool(select.select([self.pairs[0][1]], [], [], 0)[0])

    def close(self) -> str | None:
        """Close all; which near sockets somebody still holds open, if any."""
        self.connection.close()
        del self.connection.connect  # or it would hold itself
        held = [near for near, _ in self.pairs if near.fileno() >= 0 or near._io_refs]  # type: ignore[attr-defined]
        for _, far in self.pairs:
            far.close()
        return f"{len(held)} sockets are held" if held else None


def _rest(scenario: Scenario, got: Got) -> str | None:
    """What is wrong with what a broken-off response has given, and with what it gives next."""
    response, body = got.response, got.body()
    if response is not None and not response.isclosed():
        try:
            body += response.read()
        except Exception:
            return None  # refused
        finally:
            response.close()
        return None if body == scenario.body else f"went on with a gap: {len(body)} bytes"
    return None if scenario.body.startswith(body) else f"not the start of the body: {body[:80]!r}"


def _exchange(package: ModuleType, scenario: Scenario) -> Attempt:
    client = package.client

    def attempt(number: int, count: int) -> tuple[list[str], bool]:
        place, got = Place(client), Got()
        far = place.pairs[0][1]
        far.sendall(scenario.wire)
        if scenario.ends:
            far.shutdown(socket.SHUT_WR)
        error: BaseException | None = None
        try:
            with _failing(number, count):
                scenario.run(place.connection, got)
        except BaseException as caught:
            error = caught.with_traceback(None)
        wrong: list[str | None] = []
        if error is None:
            if got.body() != scenario.body:
                wrong.append(f"another body: {got.body()[:80]!r}")
            if got.value != expected:
                wrong.append(f"another value: {got.value!r}")
        else:
            if not _is_allowed(error):
                wrong.append(_shown(error))
            wrong.append(_rest(scenario, got))
        passed = error is None
        got.response = error = None
        wrong.append(place.again())
        held = place.close()
        # Python code that gives something up needs memory for that.
        if count == 1 or package._compiled.implementation == "c":
            wrong.append(held)
        fresh = Place(client)
        wrong += [fresh.again(), fresh.close()]
        return [text for text in wrong if text is not None], passed

    place, got = Place(importlib.import_module("http.client")), Got()
    place.pairs[0][1].sendall(scenario.wire)
    place.pairs[0][1].shutdown(socket.SHUT_WR)
    scenario.run(place.connection, got)
    place.close()
    expected = got.value
    return attempt


def _call(package: ModuleType, call: Callable[[ModuleType], Any]) -> Attempt:
    codec = package._compiled
    expected = call(codec)

    def attempt(number: int, count: int) -> tuple[list[str], bool]:
        try:
            with _failing(number, count):
                value = call(codec)
        except MemoryError:
            return ([] if call(codec) == expected else ["another value afterwards"]), False
        except BaseException as error:
            return [_shown(error)], False
        return ([] if value == expected else [f"another value: {value!r}"]), True

    return attempt


def _buffers_left() -> list[str]:
    """What is wrong with the buffers that are kept."""
    gc.collect()
    kinds = ("Buffer", "SocketFile")
    found = [thing for thing in gc.get_objects() if type(thing).__name__ in kinds]
    ours = [thing for thing in found if "fasthttp" in type(thing).__module__]
    files = [thing for thing in ours if type(thing).__name__ == "SocketFile"]
    wrong = [f"{len(files)} files are left"] if files else []
    if len(ours) - len(files) > _POOL_SIZE:
        wrong.append(f"{len(ours) - len(files)} buffers are kept")
    return wrong


def _in_turn(attempt: Attempt, count: int) -> tuple[list[str], int]:
    """What is wrong with each number in turn, until nothing fails any more; and how many failed."""
    wrong: list[str] = []
    passed = number = 0
    while passed < _ENOUGH:
        found, has_passed = attempt(number, count)
        wrong += [f"allocation {number}: {text}" for text in found]
        passed = passed + 1 if has_passed else 0
        number += 1
    return wrong, number - passed


def _forked(act: Callable[[], Any]) -> Any:
    """What `act` gives, in a child; or None where the child did not survive."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(_LONGEST)
        try:
            said = json.dumps(act())
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        said = file.read()
    os.waitpid(pid, 0)
    return json.loads(said) if said else None


def _warm(make: Callable[[], Attempt], count: int) -> tuple[list[str], int]:
    """All numbers in one process."""

    def act() -> tuple[list[str], int]:
        attempt = make()
        for _ in range(3):
            attempt(1 << 30, 1)
        before = open_descriptors()
        wrong, failed = _in_turn(attempt, count)
        wrong += _buffers_left()
        if open_descriptors() != before:
            wrong.append(f"{open_descriptors() - before} file descriptors are left")
        return wrong, failed

    return _forked(act) or (["the process did not survive"], 0)


def _cold(make: Callable[[], Attempt], count: int) -> tuple[list[str], int]:
    """Each number in a process of its own."""

    def attempt(number: int, count: int) -> tuple[list[str], bool]:
        return _forked(lambda: make()(number, count)) or (["the process did not survive"], False)

    return _in_turn(attempt, count)


def _attempts(name: str) -> dict[str, Callable[[], Attempt]]:
    """What makes the attempts of each scenario, for the client of this name."""
    package = load_package(name)
    made: dict[str, Callable[[], Attempt]] = {}
    for title, scenario in EXCHANGES.items():
        made[title] = lambda scenario=scenario: _exchange(package, scenario)  # type: ignore[misc]
    for title, call in CALLS.items():
        made[title] = lambda call=call: _call(package, call)  # type: ignore[misc]
    return made


def _examine(name: str, chosen: Container[str] | None, is_quick: bool) -> tuple[int, int]:
    """Print what is wrong with a client; how much that is, and how many allocations failed."""
    ways = [("warm", _warm, 1)]
    if not is_quick:
        ways += [("warm, a run", _warm, _RUN), ("cold", _cold, 1), ("cold, a run", _cold, _RUN)]
    count = total = 0
    for title, make in _attempts(name).items():
        if chosen is not None and title not in chosen:
            continue
        for way, act, run in ways:
            wrong, failed = act(make, run)
            total += failed
            count += len(wrong)
            for text in wrong:
                print(f"{name}: {title} ({way}): {text}", flush=True)
    return count, total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", nargs="+", default=["c", "py"], help="c, py")
    parser.add_argument("--scenario", nargs="+", help="some of them only")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if not CAN_RUN:
        sys.exit("this Python has no _testcapi.set_nomemory, or no fork()")
    chosen = arguments.scenario or (QUICK if arguments.quick else None)
    status = 0
    for name in arguments.client:
        started = time.monotonic()
        count, total = _examine(name, chosen, arguments.quick)
        status |= count > 0
        seconds = time.monotonic() - started
        print(f"{name}: {total} failing allocations in {seconds:.0f} s, {count} faults", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
