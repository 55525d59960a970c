"""Faults while a request is sent: each kind of body, the server answering early or going away."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import RemoteDisconnected
from types import ModuleType
from typing import Any

from ..client.response_delivery import PATIENCE
from .arena import BRIEF, Arena, left_open, open_descriptors
from .outcome import DOCUMENTED, Outcome, Tally, attempt
from .request_bodies import IS_LARGE, send, wire_length
from .second_exchange import ask_again

EARLY = b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nearly"
#: In seconds: the client's timeout where the server reads no more.
SHORT = 0.02


@dataclass(frozen=True)
class Deed:
    """What the server does when it has read so many bytes of the request."""

    answers: bool = False
    ends: Callable[[Arena], None] | None = None
    reads_on: bool = False

    @property
    def goes(self) -> bool:
        """Whether the client's next bytes are refused."""
        return self.ends in (Arena.stop, Arena.reset)


DEEDS = {
    "stops": Deed(ends=Arena.stop),
    "resets": Deed(ends=Arena.reset),
    "half-closes, reads on": Deed(ends=Arena.half_close, reads_on=True),
    "stalls": Deed(),
    "413, reads on": Deed(answers=True, reads_on=True),
    "413, stalls": Deed(answers=True),
    "413, half-closes, reads on": Deed(answers=True, ends=Arena.half_close, reads_on=True),
    "413, stops": Deed(answers=True, ends=Arena.stop),
    "413, resets": Deed(answers=True, ends=Arena.reset),
}


@dataclass(frozen=True)
class Case:
    """The server reads `read` of `length` bytes of the request, then does its deed.

    `asks`: the caller asks for the answer even where sending failed, as urllib3 does.
    """

    body: str
    read: int
    length: int
    deed: str
    asks: bool

    def __str__(self) -> str:
        asks = ", asks for the answer" if self.asks else ""
        return f"{self.body}, {self.deed} after {self.read} of {self.length}{asks}"

    @property
    def blocks(self) -> bool:
        """Whether the server reads so little that sending must wait, until the timeout."""
        return self.body in IS_LARGE and self.read < self.length and not DEEDS[self.deed].reads_on

    @property
    def times_out(self) -> bool:
        """Whether it is the client's timeout that ends the sending."""
        return self.blocks and not DEEDS[self.deed].goes


def points(body: str, length: int) -> tuple[int, ...]:
    """After how many bytes of a request the server does its deed."""
    # of a large one so much is left that it does not fit into the sockets' buffers
    some = range(0, length // 2, length // 8) if body in IS_LARGE else range(length)
    return (*some, length)


def cases(client: ModuleType, body: str) -> Iterator[Case]:
    """Every deed after each byte of a small request, of a large one after some."""
    length = wire_length(client, body)
    for read in points(body, length):
        for deed in DEEDS:
            for asks in (False, True):
                yield Case(body, read, length, deed, asks)


def run(client: ModuleType, path: str, chosen: Iterator[Case]) -> Tally:
    """Play the cases, each on a connection object of its own; what came of them."""
    tally = Tally()
    with Arena(path) as arena, ThreadPoolExecutor(1) as server:
        server.submit(int).result()  # so that the thread's own descriptors are there
        gc.collect()  # what others have left
        before = open_descriptors()
        for case in chosen:
            tally.cases += 1
            _play(client, arena, server, case, tally)
            arena.clear()
            if (more := left_open(before)) > 0:
                tally.find("leak", str(case), f"{more} file descriptors")
                before += more
    return tally


def _serve(arena: Arena, case: Case) -> None:
    deed = DEEDS[case.deed]
    _read(arena, case.read)
    if deed.answers:
        arena.says(EARLY)
    if deed.ends is not None:
        deed.ends(arena)
    if deed.reads_on:
        _read(arena, case.length - case.read)


def _read(arena: Arena, count: int) -> None:
    while count:
        got = len(arena.far[-1].recv(min(count, 1 << 16)))
        assert got, "the client has hung up"
        count -= got


def _send(connection: Any, body: str, _: Outcome) -> None:
    send(connection, body)


def _play(
    client: ModuleType, arena: Arena, server: ThreadPoolExecutor, case: Case, tally: Tally
) -> None:
    deed, timeout = DEEDS[case.deed], SHORT
    while True:
        connection = arena.connection(client, timeout if case.times_out else PATIENCE)
        connection.connect()
        served = server.submit(_serve, arena, case)
        sending = attempt(partial(_send, connection, case.body))
        trouble = served.exception(2 * PATIENCE)
        if trouble is None or not (case.times_out and isinstance(sending.error, TimeoutError)):
            break
        connection.close()  # the machine was so slow that the client gave up before the deed
        timeout *= 2
    if trouble is not None:
        tally.find("wrong", str(case), f"the server met {trouble!r}")
    if case.deed == "stalls" and connection.sock is not None:
        connection.sock.settimeout(BRIEF)  # nothing is under way any more

    def ask(outcome: Outcome) -> None:
        response = connection.getresponse()
        outcome.status = response.status
        outcome.pieces.append(response.read())

    tally.kinds[f"send: {sending.kind}"] += 1
    _judge_sending(case, sending, tally)
    in_step = False
    if sending.error is None or case.asks:
        asked = attempt(ask)
        tally.kinds[asked.kind] += 1
        _judge_answer(case, sending, asked, tally)
        in_step = asked.error is None and deed.ends is None and not case.blocks
    ask_again(arena, connection, tally, str(case), may_reuse=in_step, late=b"")
    connection.close()


def _judge_sending(case: Case, seen: Outcome, tally: Tally) -> None:
    deed, error = DEEDS[case.deed], seen.error
    if case.times_out:
        right = isinstance(error, TimeoutError)
    elif deed.goes:
        right = error is None or isinstance(error, ConnectionError)
        right &= error is not None or not case.blocks
    else:
        right = error is None
    if not right:
        sort = "hang" if isinstance(error, TimeoutError) else "wrong"
        tally.find(sort, str(case), f"sending came to {error!r}")


def _judge_answer(case: Case, sending: Outcome, seen: Outcome, tally: Tally) -> None:
    deed, error = DEEDS[case.deed], seen.error
    if error is not None and not isinstance(error, DOCUMENTED):
        tally.find("undocumented", str(case), repr(error))
        return
    answered = error is None and (seen.status, seen.got) == (413, b"early")
    if deed.answers and not deed.goes:
        right = answered
    elif deed.answers:  # the kernel may drop what has arrived when a RST follows
        right = answered or isinstance(error, (ConnectionError, RemoteDisconnected))
    elif case.deed == "stalls":
        right = isinstance(error, TimeoutError)
    else:
        right = isinstance(error, (ConnectionError, RemoteDisconnected))
    if not right:
        hung = isinstance(error, TimeoutError) and case.deed != "stalls"
        tally.find("hang" if hung else "wrong", str(case), f"after {sending.error!r}: {seen}")
