"""examples/distributed_scrape.py: what a killed worker and Ctrl-C lose: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from .running import EXAMPLES, Runner, stored, wait_until
from .site import Site, page

# The first test waits for the environment.
pytestmark = pytest.mark.timeout(600)
SCRAPE = EXAMPLES / "distributed_scrape.py"
CLUSTER = Path(__file__).with_name("cluster.py")
OPTIONS = ("--workers", 2, "--delay", 0, "--batch", 25)


def worker_pids(process: subprocess.Popen[str]) -> list[int]:
    """Return what the program says on standard error about its workers."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("worker processes:"):
            return [int(pid) for pid in line.partition(":")[2].split()]
    raise AssertionError("no line about the workers")


def is_running(pid: int) -> bool:
    """Whether there is a process of that number, and it is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_killed_worker_loses_nothing(runner: Runner, site: Site, tmp_path: Path) -> None:
    """Each URL has its page, or the exception that it ended in, though a process died."""
    fine = [site.url(f"/page/{n}", n % 4) for n in range(300)]
    fine += [site.url(f"/moved/{n}", n % 4) for n in range(8)]
    fine += [site.url("/wall/1"), site.url("/deflated/1")]
    failing = {
        site.url("/cutoff/1"): "IncompleteRead: IncompleteRead(10 bytes read, 490 more expected)",
        site.url("/moved/loop"): "TooManyRedirects: the redirects lead in a circle: "
        f"{site.url('/moved/loop')} -> {site.url('/moved/loop')}",
        f"http://127.0.0.1:{site.dead}/": "ConnectionRefusedError: [Errno 111] Connection refused",
        "gopher://127.0.0.1/": "InvalidURL: a URL must begin with http:// or https://, "
        "not with 'gopher'",
    }
    (tmp_path / "urls.txt").write_text("\n".join([*fine, *failing]))
    database = tmp_path / "pages.db"
    site.slowness = 0.05
    with runner.running(SCRAPE, tmp_path / "urls.txt", "--out", database, *OPTIONS) as process:
        first, second = worker_pids(process)
        wait_until(lambda: len(site.visits) >= 40)
        os.kill(first, signal.SIGKILL)
        assert len(site.visits) < 200, "too late: half of it was to be missing"
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 1, out + errors
    assert not is_running(first) and not is_running(second)
    rows = stored(database)
    assert len(rows) == len(fine) + len(failing)
    for url in fine:
        path = "/" + url.split("/", 3)[3]
        assert rows[url]["body"] == page(path.replace("moved", "page")), rows[url]
    for url, error in failing.items():
        assert rows[url]["error"] == error


def test_batch_that_dask_gives_up_is_told(runner: Runner, site: Site, tmp_path: Path) -> None:
    """Where no further worker may try it, its URLs have that exception; the others their pages."""
    (tmp_path / "urls.txt").write_text("\n".join(site.url(f"/page/{n}", n % 4) for n in range(200)))
    database = tmp_path / "pages.db"
    site.slowness = 0.05
    urls = tmp_path / "urls.txt"
    never_again = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with runner.running(
        SCRAPE, urls, "--out", database, *OPTIONS, environment=never_again
    ) as process:
        first, _ = worker_pids(process)
        wait_until(lambda: len(site.visits) >= 20)
        os.kill(first, signal.SIGKILL)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 1, out + errors
    rows = stored(database).values()
    lost = [row for row in rows if row["status"] is None]
    assert len(rows) == 200 and 0 < len(lost) <= 100
    assert all(row["error"].startswith("KilledWorker: ") for row in lost)


def test_redirects_are_followed_where_their_host_is(
    runner: Runner, site: Site, tmp_path: Path
) -> None:
    """Into a shard of another process; through a proxy as well, which belongs to none."""
    urls = tmp_path / "urls.txt"
    urls.write_text("\n".join(site.url(f"/moved/{n}", n % 4) for n in range(40)))
    options = (*OPTIONS, "--shards", 40)
    proxy = site.url("", 3)
    for number, environment in enumerate(({}, {"http_proxy": proxy, "no_proxy": ""})):
        database = tmp_path / f"{number}.db"
        said = runner.run(SCRAPE, urls, "--out", database, *options, environment=environment)
        assert said == "40 of 40 pages: 40 200\n"
        rows = stored(database)
        for n in range(40):
            row = rows[site.url(f"/moved/{n}", n % 4)]
            assert row["body"] == page(f"/page/{n}"), row
    through = [visit for visit in site.visits if visit.path.startswith("http://")]
    assert len(through) >= 80 and {visit.port for visit in through} == {site.ports[3]}


def test_cluster_that_is_there_already(runner: Runner, site: Site, tmp_path: Path) -> None:
    """Its workers are sent what they lack, and are left running."""
    urls = [site.url(f"/page/{n}", n % 4) for n in range(20)]
    options = ("--out", tmp_path / "pages.db", "--delay", 0, "--scheduler")
    with runner.running(CLUSTER) as cluster:
        assert cluster.stdout is not None
        address = cluster.stdout.readline().strip()
        said = runner.run(SCRAPE, "-", *options, address, stdin="\n".join(urls))
        assert cluster.poll() is None
    assert said == "20 of 20 pages: 20 200\n"


def test_interrupt_as_a_terminal_sends_it(runner: Runner, site: Site, tmp_path: Path) -> None:
    """To all processes: the workers finish their batches, and all that they fetched is stored."""
    (tmp_path / "urls.txt").write_text("\n".join(site.url(f"/page/{n}", n % 4) for n in range(400)))
    database = tmp_path / "pages.db"
    site.slowness = 0.05
    with runner.running(SCRAPE, tmp_path / "urls.txt", "--out", database, *OPTIONS) as process:
        workers = worker_pids(process)
        wait_until(lambda: len(site.visits) >= 40)
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 130, out + errors
    assert not any(is_running(pid) for pid in workers)
    assert 40 <= len(stored(database)) == len(site.visits) < 400
    assert set(site.paths().values()) == {1}
