"""What is said on the standard error."""

from __future__ import annotations

import io
import os
import subprocess
from typing import Any

import pytest

from fasthttp import Page
from fasthttp._fetch import progress
from fasthttp._fetch.progress import Bar, Lines, Quiet, progress_on
from fasthttp._fetch.record import Result
from fasthttp._fetch.tally import Tally, size_of

from ..pool.site import Site
from .running import command


class Terminal(io.StringIO):
    """A stream that is said to be a terminal."""

    def isatty(self) -> bool:
        return True


def result(url: str, status: int | None, error: Exception | None = None) -> Result:
    page = Page(url, 0)
    page.status, page.error, page.phase = status, error, "head" if error else None
    return Result.of(url, page)


def test_a_summary() -> None:
    tally = Tally()
    for status in (200, 200, 404):
        tally.add(result("http://a/", status), 1000)
    tally.add(result("http://me:secret@b/", None, TimeoutError()), 0)
    for _ in range(2):
        tally.add(result("http://c:8080/", None, OSError()), 24)
    tally.add(result("http://[", None, ValueError()), 0)
    assert tally.summary(2.25, 5, 1).splitlines() == [
        "3 came, 4 failed: 3.0 KiB in 2.2 seconds",
        "5 left out: the output has their answers",
        "1 left out: they came before in the list",
        "statuses  200: 2, 404: 1",
        "error  OSError (head) c:8080: 2",
        "error  TimeoutError (head) b: 1",
        "error  ValueError (head) (URL without a host): 1",
    ]


def test_a_summary_has_an_end() -> None:
    tally = Tally()
    for number in range(1000):
        tally.add(result(f"http://{number}/", None, OSError()), 0)
    lines = tally.summary(1.0, 0, 0).splitlines()
    assert len(lines) == 22 and lines[-1] == "error  980 more, of other kinds and hosts"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (1 << 50, "1024.0 TiB")],
)
def test_sizes(number: int, said: str) -> None:
    assert size_of(number) == said


def test_a_line_now_and_then() -> None:
    now, out, tally = [0.0], io.StringIO(), Tally()
    lines = Lines(out, 9, lambda: now[0])
    for at in (1.0, 9.9, 10.0, 11.0, 25.0):
        now[0] = at
        tally.add(result("http://a/", 200), 10)
        lines.show(tally, 1)
    assert out.getvalue() == "3 of 8 pages, 0 failed, 30 bytes\n5 of 8 pages, 0 failed, 50 bytes\n"


def test_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(progress_on(Terminal(), 1, True)) is Quiet
    assert type(progress_on(io.StringIO(), 1, False)) is Lines

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(progress, "import_module", missing)
    assert type(progress_on(Terminal(), 1, False)) is Lines


@pytest.mark.parametrize("total", [10, None])
def test_a_bar(total: int | None) -> None:
    pytest.importorskip("rich")
    out = Terminal()
    bar = progress_on(out, total, False)
    assert isinstance(bar, Bar)
    tally = Tally()
    tally.add(result("http://a/[red]", 200), 10)
    bar.show(tally, 4)
    bar.close()
    assert "1 pages, 0 failed" in out.getvalue()
    assert ("50%" in out.getvalue()) == (total == 10)


def test_a_bar_in_a_terminal(site: Site) -> None:
    pytest.importorskip("rich")
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", 0) as screen:
        process = subprocess.Popen(
            **command(*site.urls(20)), stdout=subprocess.DEVNULL, stderr=theirs
        )
        os.close(theirs)
        said = b""
        try:
            while piece := screen.read(65536):
                said += piece
        except OSError:  # the other end is closed
            pass
        assert process.wait(30) == 0
    assert b"20 came, 0 failed" in said and b"\x1b[" in said
