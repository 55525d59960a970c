"""A program that does something at each line of a module: the same again, as a finalizer or the
handler of a signal would, or in a child that another thread forks. Prints how often, as JSON.

    python -m tests.hostile.lock_program ACT same-thread|child

Whoever waits for a lock that will never be given back is ended by an alarm, and so is the program.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
import threading
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

import fasthttp
from fasthttp import client, statistics
from fasthttp._client import sessions

from ..client.response_delivery import PATIENCE, Delivery

#: So long may all of it take, and one child, in seconds.
_ALARM = 60
_CHILD_ALARM = 20
#: Lines at which a child is forked, of each function.
_FORKS = 4

_context = ssl.create_default_context()


def use_sessions() -> None:
    """What connections do with the sessions of a context that they share."""
    key = sessions.session_key(_context, 443, "example.org")
    sessions.enlist(_context)
    for number in range(12):
        sessions.keep(_context, key, (number, 1))
    sessions.keep(_context, ("other", *key), (0, 1))
    sessions.take(_context, key)
    sessions.refuse(_context, ("third", *key))
    sessions.refuses(_context, key)


def make_connections() -> None:
    """Connections that come and go."""
    connections = [client.HTTPConnection("example.org") for _ in range(3)]
    connections.pop().close()


def install() -> None:
    """install() and uninstall()."""
    fasthttp.install()
    statistics.stats()
    fasthttp.uninstall()


def count() -> None:
    """Counting comes and goes."""
    with statistics.counting():
        client.HTTPConnection("example.org").close()
        statistics.totals.add_plain("request", "a reason")
        statistics.totals.add_sent(1)
        statistics.totals.add_connection(_context, None)
        statistics.stats()


def build_message() -> None:
    """The headers of a response, which are built when they are looked at."""
    with Delivery("socket") as deliver:
        response = deliver(client, b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n")
        assert response.headers is response.msg
        assert response.headers["A"] == "b"


#: By name: what is done, and the files of the package at whose lines it is interrupted.
ACTS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "sessions": (use_sessions, ("sessions.py",)),
    "connections": (make_connections, ("forking.py", "identity.py")),
    "install": (install, ("patch.py",)),
    "message": (build_message, ("fasthttp/_client/response.py", "fasthttp/_http/message.py")),
    "counting": (count, ("totals.py", "where.py")),
}


class Tracer:
    """Calls something at each line of some files, but not while it does; counts the calls.

    `most`: no more often for each function.
    """

    def __init__(self, files: tuple[str, ...], at_line: Callable[[], None], most: int) -> None:
        self._files = tuple(os.sep + file for file in files)
        self._at_line = at_line
        self._most = most
        self._by_function: dict[object, int] = {}
        self._active = False
        self.calls = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.endswith(self._files) or self._active:
            return None
        if event == "line":
            self._line(frame.f_code)
        return self

    def _line(self, code: object) -> None:
        done = self._by_function.get(code, 0)
        if done < self._most:
            self._by_function[code] = done + 1
            self.calls += 1
            self._active = True
            try:
                self._at_line()
            finally:
                self._active = False


def in_same_thread(act: Callable[[], None], files: tuple[str, ...]) -> int:
    """Do it again at each of its lines."""
    tracer = Tracer(files, act, sys.maxsize)
    sys.settrace(tracer)
    try:
        act()
    finally:
        sys.settrace(None)
    return tracer.calls


def in_child(act: Callable[[], None], files: tuple[str, ...]) -> int:
    """Fork at its lines, from another thread than the one that does it; the child does it too."""
    waiting, going_on = threading.Semaphore(0), threading.Semaphore(0)
    ended = threading.Event()

    def wait() -> None:
        waiting.release()
        going_on.acquire(timeout=PATIENCE)

    tracer = Tracer(files, wait, _FORKS)

    def work() -> None:
        sys.settrace(tracer)
        try:
            act()
        finally:
            sys.settrace(None)
            ended.set()
            waiting.release()

    thread = threading.Thread(target=work)
    thread.start()
    while waiting.acquire(timeout=PATIENCE) and not ended.is_set():
        _fork(act)
        going_on.release()
    thread.join(PATIENCE)
    return tracer.calls


def _fork(act: Callable[[], None]) -> None:
    pid = os.fork()
    if pid == 0:
        signal.alarm(_CHILD_ALARM)
        try:
            act()
        except BaseException as error:
            sys.stderr.write(f"in the child: {error!r}\n")
            os._exit(1)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if status:
        raise RuntimeError(f"the child ended with status {status}")


def main() -> None:
    act, files = ACTS[sys.argv[1]]
    # That a process with threads is forked is what is tried here.
    warnings.simplefilter("ignore", DeprecationWarning)
    signal.alarm(_ALARM)
    how = {"same-thread": in_same_thread, "child": in_child}[sys.argv[2]]
    act()  # what is imported, or found out once, is no matter here
    print(json.dumps(how(act, files)))


if __name__ == "__main__":
    main()
