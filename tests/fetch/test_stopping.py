"""Ctrl-C, SIGTERM, and a kill at any moment: the next run goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fasthttp._fetch.names import name_of

from ..pool.site import Exchange, Site, answer
from .running import OUTPUTS, by_url, command, rows_of, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


def start(*arguments: str | os.PathLike[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(**command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def end(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, said = process.communicate(timeout=30)
    return process.returncode, out, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_lets_pages_under_way_come(
    site: Site, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "x.jsonl"

    def slowly(exchange: Exchange) -> None:
        # The answer comes well after the signal.
        site.wait_for(lambda: len(site.heard) == 2)
        site.closing.wait(0.5)
        exchange.send(answer(b"late"))

    site.default = slowly
    process = start("--total", "2", "--per-host", "2", "-o", out, *site.urls(20))
    site.wait_for(lambda: len(site.heard) == 2)
    process.send_signal(number)
    status, _, said = end(process)
    assert status == 130
    assert b"once more to stop at once" in said and b"2 came, 0 failed" in said
    assert len(rows_of(out)) == 2 and len(site.heard) == 2
    site.default = answer(b"now")
    done = run("-o", out, *site.urls(20))
    assert done.returncode == 0 and len(site.heard) == 20
    assert len(rows_of(out)) == 20


def test_the_second_stops_at_once(site: Site, tmp_path: Path) -> None:
    site.default = Exchange.hang
    process = start("-o", f"{tmp_path}/pages/", site.url("/x"))
    site.wait_for(lambda: site.heard)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while b"once more" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    status, _, said = end(process)
    assert status == 130
    assert said.splitlines()[-1] == b"interrupted" and b"Traceback" not in said
    assert [path.name for path in (tmp_path / "pages").iterdir()] == ["index.jsonl"]


def test_nothing_that_waits_is_waited_for(site: Site) -> None:
    """Not a Crawl-delay, nor a host's turn."""
    site.answers["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 50\n")
    process = start("--robots", *site.urls(3))
    site.wait_for(lambda: site.heard)
    time.sleep(0.3)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    status, out, _ = end(process)
    assert (status, out) == (130, b"")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_kill_at_any_moment(site: Site, tmp_path: Path, name: str) -> None:
    out = f"{tmp_path}/{name}"
    body = os.urandom(20000)
    site.default = answer(body)
    urls = site.urls(150)
    for _ in range(5):
        process = start("-q", "--total", "3", "-o", out, *urls)
        heard = len(site.heard) + random.randint(1, 15)
        site.wait_for(lambda heard=heard: len(site.heard) >= heard)
        process.kill()
        end(process)
    done = run("-o", out, *urls)
    assert done.returncode == 0, done.stderr
    site.wait_until_open(0)  # it has heard all that the killed ones have sent
    before = len(site.heard)
    assert run("-o", out, *urls).returncode == 0
    assert len(site.heard) == before
    if name == "x.jsonl":
        assert by_url(rows_of(tmp_path / name)).keys() == set(urls)
    elif name == "pages/":
        assert by_url(rows_of(tmp_path / name / "index.jsonl")).keys() == set(urls)
        for url in urls:
            assert (tmp_path / name / name_of(url)).read_bytes() == body
        assert len([path for path in (tmp_path / name).rglob("*") if path.is_file()]) == 151
