"""Objects of the codec that were made only half, made twice, or copied: errors, and no crash."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from .sockets import Pair, ScriptedSocket
from .test_stream_ends import _USES
from .twins import Twin

_Opener = Callable[[Any], Any]


# ------------------------------------------------------------------------------- files


@pytest.mark.parametrize("use", [*_USES, "put_back", "raw"])
def test_a_file_without_init_is_of_no_use(twin: Twin, use: str) -> None:
    file = twin.stream.SocketFile.__new__(twin.stream.SocketFile)
    others: dict[str, Callable[[Any], Any]] = {
        "put_back": lambda file: file.put_back(b"a"),
        "raw": lambda file: file.raw.fileno(),
    }
    call = (_USES | others)[use]
    with pytest.raises((ValueError, AttributeError)):
        call(file)


def test_a_file_without_init_can_be_closed_and_forgotten(twin: Twin) -> None:
    for _ in range(3):
        file = twin.stream.SocketFile.__new__(twin.stream.SocketFile)
        file.close()
        del file
    gc.collect()
    assert twin.stream.SocketFile(ScriptedSocket([b"ab"])).read() == b"ab"


@pytest.mark.parametrize("close", [False, True])
def test_a_subclass_need_not_call_init(twin: Twin, close: bool) -> None:
    class Own(twin.stream.SocketFile):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            pass

    file = Own()
    if close:
        file.close()
    with pytest.raises(ValueError):
        file.read(1)


class _Breaks(ScriptedSocket):
    """A socket of which one attribute cannot be had."""

    broken = ""

    def __getattribute__(self, name: str) -> Any:
        if name == type(self).broken:
            raise MemoryError
        return super().__getattribute__(name)


@pytest.mark.parametrize("broken", ["recv_into", "_io_refs"])
def test_an_init_that_fails_leaves_nothing(twin: Twin, broken: str) -> None:
    class Sock(_Breaks):
        pass

    sock = Sock([b"ab"])
    sock._io_refs = 1  # of a file that still reads from it
    Sock.broken = broken
    for _ in range(40):
        with pytest.raises(MemoryError):
            twin.stream.SocketFile(sock)
    Sock.broken = ""
    gc.collect()
    assert sock._io_refs == 1
    files = [twin.stream.SocketFile(ScriptedSocket([b"ab"])) for _ in range(40)]
    assert [file.read() for file in files] == [b"ab"] * 40


def test_init_once_more_gives_up_the_first_socket(pair: Pair, twin: Twin) -> None:
    other = ScriptedSocket([b"other"])
    pair.says(b"first")
    file = twin.stream.SocketFile(pair.near)
    assert file.read(2) == b"fi"
    file.__init__(other)
    gc.collect()
    assert (pair.near._io_refs, other._io_refs) == (0, 1)  # type: ignore[attr-defined]
    assert (file.leftover, file.heard, file.closed) == (0, False, False)
    assert file.read() == b"other"
    file.close()
    assert other._io_refs == 0


def test_init_opens_a_closed_file_again(twin: Twin) -> None:
    file = twin.stream.SocketFile(ScriptedSocket([b"ab", TimeoutError()]))
    file.peek()
    file.close()
    file.__init__(ScriptedSocket([b"cd"]))
    assert (file.closed, file.failed, file.leftover) == (False, False, 0)
    assert file.read() == b"cd"


@pytest.mark.parametrize("made", [True, False], ids=["open", "without init"])
@pytest.mark.parametrize(
    "do",
    [copy.copy, copy.deepcopy, *(lambda f, p=p: pickle.dumps(f, p) for p in range(6))],
    ids=["copy", "deepcopy", *(f"pickle {p}" for p in range(6))],
)
def test_a_file_cannot_be_copied(twin: Twin, do: Callable[[Any], Any], made: bool) -> None:
    """Two files would share one buffer, and one address of it."""
    kind = twin.stream.SocketFile
    file = kind(ScriptedSocket([b"ab"])) if made else kind.__new__(kind)
    with pytest.raises((TypeError, ValueError, AttributeError)):
        do(file)
    assert not hasattr(file, "__setstate_cython__")


def test_whoever_receives_may_release_what_it_was_given(twin: Twin) -> None:
    """What is buffered is still there. And whoever keeps a view of a result is refused it: the
    memory may be another's by then.
    """
    kept: list[memoryview] = []

    class Keeping(ScriptedSocket):
        def recv_into(self, buffer: Any, *rest: Any) -> int:
            got = super().recv_into(buffer, *rest)
            if isinstance(buffer, memoryview):
                kept.append(buffer)
            return got

    file = twin.stream.SocketFile(Keeping([b"a" * 40_000, b"b" * 40_000, b"c" * 40_000]))
    assert len(file.read(70_000)) == 70_000
    if twin.name == "c":
        for view in kept:
            with pytest.raises(ValueError, match="released"):
                bytes(view)
    kept.clear()
    assert file.read(10_000) == b"b" * 10_000
    assert file.peek()[:1] == b"c"
    for view in kept:
        view.release()
    assert file.read(8000) == b"c" * 8000
    file.close()
    # Nor does anybody else get what has been released.
    assert twin.stream.SocketFile(ScriptedSocket([b"next"])).read(4) == b"next"


# --------------------------------------------------------------------- heads and guards


def test_a_head_that_nobody_filled(twin: Twin) -> None:
    if twin.name == "py":
        with pytest.raises(TypeError):
            twin.headers.Head()
        return
    head = twin.headers.Head()
    assert head.outline()[3:8] == (None,) * 5
    assert (head.get("a"), head.items(), head.reason) == (None, [], None)


class _Owner:
    def method(self) -> None: ...


def test_a_guard_without_init_says_nothing(twin: Twin) -> None:
    for name, given in (("Pristine", (_Owner(),)), ("Unchanged", ()), ("Limits", ())):
        kind = getattr(twin.guard, name)
        guard = kind.__new__(kind)
        for call in (guard, guard.changed):
            with pytest.raises((TypeError, AttributeError)):
                call(*given)


def test_what_reads_ahead_reads_nothing_without_its_stream() -> None:
    ahead = pytest.importorskip("fasthttp._usual.files_c").Ahead()
    with pytest.raises(TypeError):
        ahead(bytearray(1))


@pytest.mark.parametrize(
    "name",
    [
        "usual_c.Requests",
        "usual_c.Responses",
        "files_c.Files",
        "installed_c.Lent",
        "pool_c.Exchanges",
        "pool_c.Ready",
    ],
)
def test_nothing_that_does_ordinary_exchanges_is_made_without_its_parts(name: str) -> None:
    module, _, kind = name.partition(".")
    made = getattr(pytest.importorskip(f"fasthttp._usual.{module}"), kind)
    for make in (made, lambda: made.__new__(made)):
        with pytest.raises(TypeError):
            make()


def test_an_init_that_fails_leaves_a_guard_as_it_was(twin: Twin) -> None:
    guard = twin.guard.Pristine(_Owner, ("method",))
    with pytest.raises(AttributeError):
        guard.__init__(_Owner, ("method", "none"))
    assert guard(_Owner())
    held = {"a": 1}
    unchanged = twin.guard.Unchanged(held, ("a",), {})
    with pytest.raises(TypeError):
        unchanged.__init__(held, ([],), {})
    assert unchanged()


def test_a_guard_that_is_made_once_more_looks_again(twin: Twin) -> None:
    class Other:
        def method(self) -> None: ...

    guard = twin.guard.Pristine(_Owner, ("method",))
    assert guard(_Owner())
    guard.__init__(Other, ("method",))
    assert not guard(_Owner())
    assert guard(Other())


@pytest.mark.parametrize("shown", [5, None, "text", {"method": 1}])
def test_a_class_may_show_anything_as_its_dict(twin: Twin, shown: object) -> None:
    class Own(_Owner):
        @property
        def __dict__(self) -> Any:  # type: ignore[override]
            return shown

    guard = twin.guard.Pristine(_Owner, ("method",))
    assert guard(Own())
    assert guard.changed(Own()) is None
