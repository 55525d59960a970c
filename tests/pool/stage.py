"""Pools and the servers that they ask, in one thread, under a clock that stands while there is
anything to do.

What a server does is a generator. It has its turn whenever a pool waits for sockets; where nobody
has anything to do, the clock is put forward to what is due next. So no test waits, however long the
timeouts are, and none depends on how busy the machine is. Where nothing is due, nothing would ever
happen: `HangError`.
"""

from __future__ import annotations

import contextlib
import select
import selectors
import socket
from collections.abc import Callable, Generator, Iterable
from types import ModuleType, TracebackType
from typing import Any

from ..cut_off import RESET

#: What a server does on one connection. It gives None to wait until the client has sent more or
#: has ended, and a number to wait for so many seconds.
Play = Generator[float | None, None, None]

#: In seconds: how long the loopback interface may take, before the clock is put forward.
_MOMENT = 0.0005
#: And how long once more, before somebody's patience ends by it: on a busy machine it takes longer.
_LONG_MOMENT = 0.002
_PATIENCE = 1.0
_MOMENTS_OF_SELECT = 20  # and Windows', where it is asked by turns
_AT_A_TIME = 1 << 16
#: A pool has something to do in each turn, unless the clock or a server goes on.
_MOST_IDLE_TURNS = 10_000


def modules_of(package: ModuleType) -> Any:
    """The pool's modules, which are loaded when they are asked for."""
    assert package.Pool
    return package._pool


class HangError(Exception):
    """A pool waits for what nobody will ever do."""


class Quiet(BaseException):
    """Raised out of a pool's loop, as Ctrl-C would be, when nothing happens any more."""


class Clock:
    """The seconds of everybody on a stage."""

    def __init__(self) -> None:
        self.seconds = 1000.0


class LoopClock:
    """What a loop has for a `Clock` of timers.py, by the seconds of a stage."""

    def __init__(self, clock: Clock, away: float) -> None:
        self.lost = 0.0
        self._clock = clock
        self._away = away
        self._left_at = clock.seconds

    def come_back(self) -> float:
        gone = self._clock.seconds - self._left_at
        if gone > self._away:
            self.lost += gone
        return self.now()

    def now(self) -> float:
        return self._clock.seconds - self.lost

    def leave(self) -> None:
        self._left_at = self._clock.seconds


class End:
    """The server's end of a connection: what came is in `came`, of which `take` takes."""

    def __init__(self, site: Site, sock: socket.socket, number: int) -> None:
        self.site = site
        self.number = number
        self.came = bytearray()
        #: Whether the client sends no more; whether the connection is closed at this end.
        self.ended = self.closed = False
        #: Whether more has come than was to be received.
        self.has_more = False
        #: The head of the last request that came.
        self.head = b""
        #: The paths of the requests that came.
        self.heard: list[str] = []
        self.wakes_at: float | None = None
        self._sock = sock
        self._room: int | None = None
        self._play = site.play(self)

    def request(
        self, on_head: Callable[[str], object] | None = None
    ) -> Generator[float | None, None, tuple[str, bytes] | None]:
        """Wait for a request. Return its path and its body; None where the client ends before.

        `on_head` is called with the path, before the body is waited for.
        """
        head = yield from self.take_to(b"\r\n\r\n")
        if head is None:
            return None
        self.head = head
        path = head.split(b" ", 2)[1].decode("ascii")
        self.heard.append(path)
        if on_head is not None:
            on_head(path)
        fields = head.lower()
        if b"\r\ntransfer-encoding: chunked\r\n" in fields:
            return path, (yield from self._chunks())
        _, found, length = fields.partition(b"\r\ncontent-length: ")
        size = int(length.partition(b"\r\n")[0]) if found else 0
        while len(self.came) < size and not self.ended:
            yield None
        return path, self.take(size)

    def _chunks(self) -> Generator[float | None, None, bytes]:
        body = bytearray()
        while (line := (yield from self.take_to(b"\r\n"))) is not None:
            size = int(line, 16)
            while len(self.came) < size + 2 and not self.ended:
                yield None
            body += self.take(size)
            self.take(2)
            if not size:
                break
        return bytes(body)

    def take_to(self, mark: bytes) -> Generator[float | None, None, bytes | None]:
        """Wait for what ends with `mark`, and return it; None where the client ends before."""
        while (at := self.came.find(mark)) < 0:
            if self.ended:
                return None
            yield None
        return self.take(at + len(mark))

    def take(self, size: int) -> bytes:
        """Return so many bytes of those that came, if they are there."""
        data = bytes(self.came[:size])
        del self.came[:size]
        return data

    def say(self, data: bytes) -> None:
        """Send what the kernel's buffer holds, unless the client has gone."""
        if not self.closed:
            with contextlib.suppress(ConnectionError):
                self._sock.sendall(data)

    def stop(self) -> None:
        """Close the connection: the client sees the end."""
        if not self.closed:
            self.closed = True
            self.site.stage._forget(self._sock)
            self._sock.close()

    def reset(self) -> None:
        """Close it with a RST instead."""
        if not self.closed:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.stop()

    def half_close(self) -> None:
        """End the stream to the client, and go on listening."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def stall(self) -> None:
        """Say nothing more."""

    def hear(self, size: int | None) -> None:
        """Receive so many bytes from now on, and see nothing of what comes behind them, the end
        included; None: all that comes.
        """
        self._room = size
        self.has_more = False
        if not (self.closed or self.ended):
            self.site.stage._remember(self._sock, self)

    def _receive(self) -> None:
        while True:
            size = _AT_A_TIME if self._room is None else min(self._room, _AT_A_TIME)
            if not size:
                self.has_more = True
                self.site.stage._forget(self._sock)
                return
            try:
                data = self._sock.recv(size)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self.came += data
            if self._room is not None:
                self._room -= len(data)
            if not data:
                self.ended = True
                self.site.stage._forget(self._sock)
                return

    def _go_on(self) -> None:
        """Play on until there is something to wait for."""
        now = self.site.stage.clock.seconds
        seconds = next(self._play, "over")
        if seconds == "over":
            if self.ended:
                self.stop()
            self.wakes_at = None
        else:
            self.wakes_at = None if seconds is None else now + float(seconds)


class Site:
    """One server: it plays `play` on each connection that it accepts."""

    def __init__(self, stage: Stage, play: Callable[[End], Play]) -> None:
        self.stage = stage
        self.play = play
        #: All connections that were accepted since `clear`.
        self.ends: list[End] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.listener.setblocking(False)
        self.port: int = self.listener.getsockname()[1]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def open(self) -> int:
        """How many connections the client has open, as far as can be seen from here."""
        return sum(1 for end in self.ends if not (end.ended or end.closed))

    def clear(self) -> None:
        """Close the server's ends."""
        for end in self.ends:
            end.stop()
        self.ends = []


def silence(end: End) -> Play:
    """What a server does that only listens."""
    while not end.ended:
        yield None


class Stage:
    """Where sites and pools meet. Use it with `with`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.sites: list[Site] = []
        #: Called after each turn of the servers.
        self.watch: Callable[[], object] | None = None
        #: Raise `Quiet` where the clock would be put forward.
        self.ends_when_quiet = False
        self._selector = selectors.DefaultSelector()
        self._sleeping: set[End] = set()
        self._idle_turns = 0

    def site(self, play: Callable[[End], Play] = silence) -> Site:
        """Open one more server."""
        site = Site(self, play)
        self._selector.register(site.listener, selectors.EVENT_READ, site)
        self.sites.append(site)
        return site

    def pool(self, package: ModuleType, **settings: Any) -> Any:
        """Make a pool whose clock, and whose time to wait, are this stage's."""
        pool = package.Pool(**settings)
        loop = pool._engine.loop
        loop._clock = LoopClock(self.clock, modules_of(package).timers._AWAY)
        loop.now = loop.real = self.clock.seconds
        loop.poller = _Poller(self, loop.poller)
        return pool

    def turn(self) -> bool:
        """Let each server do what it can. Return whether any of them did something."""
        now = self.clock.seconds
        ready = self._ready()
        moved = [end for end in self._sleeping if end.wakes_at is None or end.wakes_at <= now]
        ends = [who for who in ready if isinstance(who, End)]
        for end in ends:
            end._receive()
        # Whoever has closed a connection to open another has never had both.
        for site in (who for who in ready if isinstance(who, Site)):
            moved += self._accept(site)
        for end in {**dict.fromkeys(ends), **dict.fromkeys(moved)}:
            self._play_on(end)
        if self.watch is not None:
            self.watch()
        return bool(ready or moved)

    def _play_on(self, end: End) -> None:
        end._go_on()
        if end.wakes_at is None or end.closed:
            self._sleeping.discard(end)
        else:
            self._sleeping.add(end)

    def _accept(self, site: Site) -> list[End]:
        accepted = []
        while True:
            try:
                sock, _ = site.listener.accept()
            except BlockingIOError:
                return accepted
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end = End(site, sock, len(site.ends))
            site.ends.append(end)
            self._remember(sock, end)
            accepted.append(end)

    def _remember(self, sock: socket.socket, end: End) -> None:
        with contextlib.suppress(KeyError):  # it is there already
            self._selector.register(sock, selectors.EVENT_READ, end)

    def _forget(self, sock: socket.socket) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(sock)

    def pass_time(self, seconds: float) -> None:
        """Put the clock forward to what is due, within `seconds`; infinite: nothing is."""
        if self.ends_when_quiet:
            raise Quiet
        soonest = min((end.wakes_at or 0.0 for end in self._sleeping), default=None)
        if soonest is not None:
            seconds = min(seconds, max(0.0, soonest - self.clock.seconds))
        if seconds == float("inf"):
            raise HangError("a pool waits for what nobody will ever do")
        self._idle_turns = 0
        self.clock.seconds += seconds + 1e-6

    def count_turn(self, did_something: bool) -> None:
        """Take note of a turn of a pool. Raises `HangError` where it goes round and round."""
        self._idle_turns = 0 if did_something else self._idle_turns + 1
        if self._idle_turns > _MOST_IDLE_TURNS:
            raise HangError("a pool goes round and round, and nothing happens")

    def be_away(self, seconds: float) -> None:
        """Let time pass in which nobody drives a pool, and servers go on."""
        until = self.clock.seconds + seconds
        while self.clock.seconds < until:
            while self.turn():
                pass
            soonest = min((end.wakes_at or 0.0 for end in self._sleeping), default=until)
            self.clock.seconds = min(until, max(soonest, self.clock.seconds + 1e-6))

    def _ready(self) -> list[Any]:
        if not self._selector.get_map():
            return []  # of nothing Windows makes an error
        return [key.data for key, _ in self._selector.select(0)]

    def look(self, poller: Any, moment: float = _MOMENT) -> bool:
        """Wait for a moment, in the real world. Return whether something came, to a server or to a
        pool of which this is the poller.
        """
        if not poller.can_nest:  # nor can the servers' selector
            return any(self._ready() or poller.wait(_MOMENT) for _ in range(_MOMENTS_OF_SELECT))
        servers = self._selector.fileno()  # type: ignore[attr-defined]
        return bool(select.select([servers, poller.fileno()], [], [], moment)[0])

    def clear(self) -> None:
        """Close the servers' ends of all connections."""
        self._sleeping.clear()
        for site in self.sites:
            site.clear()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()
        for site in self.sites:
            site.listener.close()
        self._selector.close()


class _Poller:
    """A pool's poller: while it would wait, the servers have their turn."""

    def __init__(self, stage: Stage, real: Any) -> None:
        self._stage = stage
        self._real = real
        self.most = real.most
        self.can_nest = real.can_nest
        self.fileno, self.add, self.change = real.fileno, real.add, real.change
        self.remove, self.close = real.remove, real.close

    def wait(self, timeout: float) -> Iterable[tuple[int, int]]:
        while True:
            did = self._stage.turn()
            found = list(self._real.wait(0))
            self._stage.count_turn(did)
            if found or timeout == 0:
                return found
            is_long = timeout < 0 or timeout >= _PATIENCE
            look = self._stage.look
            if not (did or look(self._real) or (is_long and look(self._real, _LONG_MOMENT))):
                self._stage.pass_time(float("inf") if timeout < 0 else timeout)
                return found
