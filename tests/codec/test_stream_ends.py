"""The end of a SocketFile: closing, what it leaves over, the socket behind it, and failures."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from .sockets import PATIENCE, Pair, ScriptedSocket
from .twins import Twin

_Opener = Callable[[Any], Any]

_USES: dict[str, Callable[[Any], Any]] = {
    "read": lambda file: file.read(),
    "read of some": lambda file: file.read(1),
    "read of none": lambda file: file.read(0),
    "read1": lambda file: file.read1(1),
    "readinto": lambda file: file.readinto(bytearray(1)),
    "readinto1": lambda file: file.readinto1(bytearray(1)),
    "readline": lambda file: file.readline(),
    "readlines": lambda file: file.readlines(),
    "peek": lambda file: file.peek(),
    "iteration": lambda file: iter(file),
    "next": lambda file: next(file),
    "read_head": lambda file: file.read_head(100, 100),
    "read_chunks": lambda file: file.read_chunks(-1, -1, 100),
    "receive_by": lambda file: file.receive_by(print),
    "fileno": lambda file: file.fileno(),
    "flush": lambda file: file.flush(),
    "with": lambda file: file.__enter__(),
    "readable": lambda file: file.readable(),
}
_RECEIVING = ("read", "read of some", "read1", "readinto", "readline", "peek", "read_head")


# ----------------------------------------------------------------------------- closed


@pytest.mark.parametrize("use", _USES)
def test_nothing_can_be_done_with_a_closed_file(pair: Pair, open_file: _Opener, use: str) -> None:
    pair.says(b"HTTP/1.1 200 OK\r\n\r\n")
    file = open_file(pair.near)
    file.close()
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        _USES[use](file)


def test_closing_twice_gives_the_socket_up_once(pair: Pair, open_file: _Opener) -> None:
    kept = open_file(pair.near)
    file = open_file(pair.near)
    file.close()
    file.close()
    pair.near.close()
    pair.says(b"ab", end=True)
    assert kept.read() == b"ab"


# --------------------------------------------------------------------------- leftover


@pytest.mark.parametrize("read", [0, 1, 4])
def test_leftover_counts_what_was_received_and_not_read(
    pair: Pair, open_file: _Opener, read: int
) -> None:
    pair.says(b"abcd")
    file = open_file(pair.near)
    file.peek()
    file.read(read)
    file.close()
    assert file.leftover == 4 - read


def test_closing_receives_nothing(open_file: _Opener) -> None:
    sock = ScriptedSocket([b"ab", b"cd"])
    file = open_file(sock)
    assert file.read(2) == b"ab"
    file.close()
    assert sock.calls == 1
    assert file.leftover == 0


def test_the_end_of_the_stream_leaves_nothing_over(pair: Pair, open_file: _Opener) -> None:
    pair.says(b"ab", end=True)
    file = open_file(pair.near)
    assert file.read() == b"ab"
    file.close()
    assert file.leftover == 0


def test_nothing_is_handed_to_the_next_file(pair: Pair, open_file: _Opener) -> None:
    """Whatever memory it reuses."""
    pair.says(b"secret")
    file = open_file(pair.near)
    file.peek()
    file.close()
    pair.says(b"new", end=True)
    assert open_file(pair.near).read() == b"new"


# ------------------------------------------------------------------- the socket behind


def _hung_up(pair: Pair) -> bool:
    """Whether the near end has been closed for good."""
    pair.far.setblocking(False)
    try:
        return pair.far.recv(1) == b""
    except BlockingIOError:
        return False


def test_the_socket_lives_until_its_last_file_is_closed(pair: Pair, open_file: _Opener) -> None:
    first, second = open_file(pair.near), open_file(pair.near)
    pair.near.close()
    assert not _hung_up(pair)
    first.close()
    assert not _hung_up(pair)
    pair.far.setblocking(True)
    pair.says(b"ab")
    assert second.read(2) == b"ab"
    second.close()
    assert _hung_up(pair)


def test_the_socket_survives_its_files(pair: Pair, open_file: _Opener) -> None:
    open_file(pair.near).close()
    assert not _hung_up(pair)
    pair.near.close()
    assert _hung_up(pair)


def test_a_file_and_one_of_makefile_count_together(pair: Pair, open_file: _Opener) -> None:
    file = open_file(pair.near)
    with pair.near.makefile("rb"):
        pair.near.close()
        file.close()
        assert not _hung_up(pair)
    assert _hung_up(pair)


def test_a_forgotten_file_is_closed(pair: Pair, twin: Twin) -> None:
    file = twin.stream.SocketFile(pair.near)
    pair.near.close()
    assert not _hung_up(pair)
    alive = weakref.ref(file)
    del file
    gc.collect()
    assert alive() is None
    assert _hung_up(pair)


def test_a_forgotten_file_in_a_cycle_is_closed(pair: Pair, twin: Twin) -> None:
    """A response that an exception holds, which holds the response."""
    cycle: list[Any] = [twin.stream.SocketFile(pair.near)]
    cycle.append(cycle)
    pair.near.close()
    del cycle
    gc.collect()
    assert _hung_up(pair)


# ---------------------------------------------------------------------------- failures


@pytest.mark.parametrize("use", _RECEIVING)
def test_a_timeout_is_raised(pair: Pair, open_file: _Opener, use: str) -> None:
    pair.near.settimeout(0.01)
    with pytest.raises(TimeoutError):
        _USES[use](open_file(pair.near))


@pytest.mark.parametrize("use", _RECEIVING)
def test_after_a_timeout_nothing_more_is_read(pair: Pair, open_file: _Opener, use: str) -> None:
    """As socket.SocketIO does it: bytes may have been lost, so what comes cannot be trusted."""
    pair.near.settimeout(0.01)
    file = open_file(pair.near)
    with pytest.raises(TimeoutError):
        file.read(1)
    pair.says(b"HTTP/1.1 200 OK\r\n\r\n", end=True)
    with pytest.raises(OSError) as caught:
        _USES[use](file)
    assert type(caught.value) is OSError
    file.close()
    assert file.leftover > 0


def test_after_a_timeout_the_error_is_that_of_the_stdlib(pair: Pair, open_file: _Opener) -> None:
    pair.near.settimeout(0.01)
    messages = []
    with pair.near.makefile("rb") as original:
        for file in (original, open_file(pair.near)):
            with pytest.raises(TimeoutError):
                file.read(1)
            with pytest.raises(OSError) as caught:
                file.read(1)
            messages.append(str(caught.value))
    assert messages[1] == messages[0]


def test_a_timeout_in_the_middle_leaves_something_over(pair: Pair, open_file: _Opener) -> None:
    pair.near.settimeout(0.01)
    pair.says(b"ab")
    file = open_file(pair.near)
    with pytest.raises(TimeoutError):
        file.read(5)
    file.close()
    assert file.leftover > 0


class _OwnError(BaseException):
    pass


@pytest.mark.parametrize("kind", [ConnectionResetError, _OwnError, KeyboardInterrupt])
@pytest.mark.parametrize("use", _RECEIVING)
def test_any_failure_is_passed_on_as_it_is(
    open_file: _Opener, use: str, kind: type[BaseException]
) -> None:
    error = kind("gone")
    file = open_file(ScriptedSocket([error]))
    with pytest.raises(kind) as caught:
        _USES[use](file)
    assert caught.value is error
    file.close()
    assert file.leftover > 0


def test_a_chunk_read_that_fails_gives_no_content_away_as_something_else(
    open_file: _Opener,
) -> None:
    """What is still buffered belongs to a place in the coding that was lost with the failure."""
    file = open_file(ScriptedSocket([b"llo\r\n5\r\nworld\r\n1", TimeoutError(), b"\r\nx"]))
    with contextlib.suppress(TimeoutError):
        _, left, _, _ = file.read_chunks(3, -1, 100)
        assert left == 0  # a twin may stop in front of what is there only in part ...
        file.read(2)
        file.readline()  # ... where the line reader meets the failure
    with pytest.raises(OSError):
        file.read(3)


@pytest.mark.parametrize("count", [-1, 1 << 30])
def test_a_receive_that_lies_about_its_length_is_an_error(open_file: _Opener, count: int) -> None:
    class Liar(ScriptedSocket):
        def recv_into(self, buffer: Any, *_: Any) -> int:
            return count

    with pytest.raises(OSError):
        open_file(Liar()).read(10)


# ----------------------------------------------------------------------------- threads


def _started(target: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """A thread, and the list in which its result or its exception will be."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(target())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


class _Waiting(ScriptedSocket):
    """A socket whose first receive waits until it is told to go on."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__(pieces)
        self.entered, self.go_on = threading.Event(), threading.Event()

    def recv_into(self, buffer: Any, *_: Any) -> int:
        self.entered.set()
        assert self.go_on.wait(PATIENCE)
        return super().recv_into(buffer)


@pytest.mark.parametrize("use", [*_RECEIVING, "readinto1", "read_chunks"])
def test_a_second_thread_gets_no_share_of_the_bytes(
    twin: Twin, open_file: _Opener, use: str
) -> None:
    """In C it is told so at once; a BufferedReader lets it wait its turn."""
    sock = _Waiting(b"abcd")
    file = open_file(sock)
    thread, results = _started(lambda: file.read(4))
    assert sock.entered.wait(PATIENCE)
    if twin.name == "c":
        with pytest.raises(RuntimeError, match="another thread"):
            _USES[use](file)
    sock.go_on.set()
    thread.join(PATIENCE)
    assert results == [b"abcd"]
    assert file.read(1) == b"", "the file is of use again"


def test_closing_while_another_thread_reads_is_no_crash(
    twin: Twin, pair: Pair, open_file: _Opener
) -> None:
    """The reader gets an error (C), or the closer waits for it (BufferedReader)."""
    file = open_file(pair.near)
    thread, results = _started(lambda: file.read(2))
    if twin.name == "py":
        pair.says(b"ab")
        thread.join(PATIENCE)
    file.close()
    with contextlib.suppress(OSError):
        pair.far.sendall(b"ab")
        pair.far.shutdown(socket.SHUT_WR)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert isinstance(results[0], (OSError, ValueError)) or results == [b"ab"]
    assert file.closed


class _ClosedMeanwhile(ScriptedSocket):
    """A socket that fills what it is given, and more than that, once the file has been closed."""

    file: Any = None
    others: tuple[bytearray, ...] = ()

    def recv_into(self, buffer: Any, *_: Any) -> int:
        self.file.close()
        self.others = tuple(bytearray(65536) for _ in range(64))
        with memoryview(buffer) as view:
            view[:] = b"x" * len(view)
            return len(view)


@pytest.mark.parametrize("use", [*_RECEIVING, "readinto1", "read_chunks"])
def test_closing_does_not_free_what_is_received_into(
    twin: Twin, open_file: _Opener, use: str
) -> None:
    """Else what arrives for a closed file is written over what belongs to somebody else by now."""
    files = [open_file(ScriptedSocket()) for _ in range(40)]  # none that is kept is left
    sock = _ClosedMeanwhile()
    sock.file = open_file(sock)
    with pytest.raises((OSError, ValueError, RuntimeError)):
        _USES[use](sock.file)
    assert not any(map(any, sock.others))
    for file in files:
        file.close()


def test_files_in_many_threads_do_not_mix(twin: Twin) -> None:
    """Buffers are kept and used again: never by two at a time."""

    def read_many(octet: int) -> set[int]:
        seen: set[int] = set()
        for _ in range(200):
            sock = ScriptedSocket([bytes([octet]) * 300] * 3)
            with contextlib.closing(twin.stream.SocketFile(sock)) as file:
                seen.update(file.peek(), file.read1(10), file.read(600))
        return seen

    running = [_started(lambda octet=octet: read_many(octet)) for octet in range(8)]  # type: ignore[misc]
    for octet, (thread, results) in enumerate(running):
        thread.join(PATIENCE)
        assert results == [{octet}]
