"""examples/scrape.py: what it stores, how politely it asks, how it stops and goes on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from ..servers.certificates import Certificates
from .running import EXAMPLES, Runner, stored, wait_until
from .site import Site, page

# The first test waits for the environment.
pytestmark = pytest.mark.timeout(600)
SCRAPE = EXAMPLES / "scrape.py"
QUICK = ("--delay", "0")
TROUBLE = {
    "/gone/1": (404, None, 1),
    "/broken/1": (500, None, 4),
    "/cutoff/1": (None, "IncompleteRead", 4),
    "/big/1": (None, "HTTPException", 1),
    "/bigchunked/1": (None, "HTTPException", 1),
    "/bomb/1": (None, "HTTPException", 1),
    "/cutzip/1": (None, "DecodingError", 1),
    "/much/1": (503, None, 1),
    "/moved/loop": (None, "TooManyRedirects", 1),
}


def url_file(tmp_path: Path, urls: list[str]) -> Path:
    """Write the URLs into a file."""
    path = tmp_path / "urls.txt"
    path.write_text("# a comment\n\n" + "\n".join(urls) + "\n")
    return path


def test_each_url_gets_a_row_whatever_becomes_of_it(
    runner: Runner, site: Site, tmp_path: Path
) -> None:
    """Pages, errors of HTTP, of the network and of the URL; each URL once, given twice or not."""
    kinds = ("page", "busy", "cut", "moved", "zipped", "deflated", "wall")
    fine = [site.url(f"/{kind}/1") for kind in kinds]
    fine.append(site.url("/a b/ä?x=y z"))
    trouble = {site.url(path, 1): outcome for path, outcome in TROUBLE.items()}
    trouble |= {
        "ftp://127.0.0.1/": (None, "InvalidURL", 0),
        "http://[": (None, "InvalidURL", 0),
        f"http://127.0.0.1:{site.dead}/": (None, "ConnectionRefusedError", 4),
    }
    database = tmp_path / "pages.db"
    urls = url_file(tmp_path, [*fine, *trouble, fine[0]])
    said = runner.run(SCRAPE, urls, "--out", database, *QUICK, "--max-body", 50_000, status=1)
    rows = stored(database)
    for url in fine[:-1]:
        assert (rows[url]["status"], rows[url]["error"]) == (200, None), url
    assert rows[fine[0]]["body"] == page("/page/1")
    assert rows[fine[3]]["body"] == page("/page/1")
    assert rows[fine[3]]["final_url"] == site.url("/page/1", 1)
    for path in ("/zipped/1", "/deflated/1", "/wall/1"):
        assert rows[site.url(path)]["body"] == page(path)
    assert rows[fine[1]]["attempts"] == 3
    assert json.loads(rows[fine[0]]["headers"])[2] == ["Content-Type", "text/html"]
    assert site.paths()["/a%20b/%C3%A4?x=y%20z"] == 1
    for url, (status, error, attempts) in trouble.items():
        row = rows[url]
        assert (row["status"], row["attempts"]) == (status, attempts), row
        assert (row["error"] or "").partition(":")[0] == (error or ""), row
        assert error != "HTTPException" or "the limit is max_body" in row["error"]
    assert len(rows) == len(fine) + len(trouble)
    assert said.startswith(f"{len(rows)} of {len(rows)} pages: 8 200, ")


def test_one_page_that_waits_holds_up_no_other(runner: Runner, site: Site, tmp_path: Path) -> None:
    """Retry-After is heeded, and the host asked for its other pages meanwhile."""
    urls = url_file(tmp_path, [site.url("/later/1"), *(site.url(f"/page/{n}") for n in range(20))])
    options = ("--delay", "0.02", "--per-host", 1)
    said = runner.run(SCRAPE, urls, "--out", tmp_path / "pages.db", *options)
    assert said == "21 of 21 pages: 21 200\n"
    first, *others, last = site.visits
    assert (first.path, last.path) == ("/later/1", "/later/1")
    assert last.time - first.time >= 1
    assert all(visit.time < last.time for visit in others)


def test_certificates_of_a_private_authority(
    runner: Runner, tls_site: Site, certificates: Certificates, tmp_path: Path
) -> None:
    """Refused, and not tried again; trusted with --ca, or taken with --insecure."""
    urls, url = url_file(tmp_path, [tls_site.url("/page/1")]), tls_site.url("/page/1")
    runner.run(SCRAPE, urls, "--out", tmp_path / "0.db", status=1)
    refused = stored(tmp_path / "0.db")[url]
    assert refused["error"].startswith("SSLCertVerificationError: ")
    assert refused["attempts"] == 1 and not tls_site.visits
    for number, options in enumerate((("--ca", certificates.authority), ("--insecure",)), 1):
        database = tmp_path / f"{number}.db"
        runner.run(SCRAPE, urls, "--out", database, *options)
        assert stored(database)[url]["body"] == page("/page/1")
    with runner.running(SCRAPE, urls, "--ca", urls) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2 and f"no certificates in {urls}" in said


def test_a_proxy_and_private_addresses(runner: Runner, site: Site, tmp_path: Path) -> None:
    """A proxy is asked, given or of the environment; --public-only refuses what is here."""
    urls, url = url_file(tmp_path, ["http://example.test/page/1"]), "http://example.test/page/1"
    proxy = site.url("")
    runner.run(SCRAPE, urls, "--out", tmp_path / "1.db", "--proxy", proxy)
    environment = {"http_proxy": proxy}
    runner.run(SCRAPE, urls, "--out", tmp_path / "2.db", environment=environment)
    for database in (tmp_path / "1.db", tmp_path / "2.db"):
        assert stored(database)[url]["body"] == page("/page/1")
    here = url_file(tmp_path, [site.url("/page/2")])
    runner.run(SCRAPE, here, "--out", tmp_path / "3.db", "--public-only", status=1)
    assert stored(tmp_path / "3.db")[site.url("/page/2")]["error"].startswith("PermissionError: ")
    assert site.paths() == {url: 2}


def test_a_list_that_cannot_be_read_is_said_at_once(runner: Runner, tmp_path: Path) -> None:
    """Before there is a database."""
    missing, database = tmp_path / "no-such.txt", tmp_path / "pages.db"
    with runner.running(SCRAPE, missing, "--out", database) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.endswith(f"cannot read {missing}: No such file or directory\n")
    assert not database.exists()


def test_hosts_get_no_more_connections_than_allowed(
    runner: Runner, site: Site, tmp_path: Path
) -> None:
    """Though there is room for more; and each connection is used again."""
    urls = [site.url(f"/page/{n}", host) for n in range(12) for host in range(4)]
    database = tmp_path / "pages.db"
    site.slowness = 0.1
    options = ("--total", 16, "--per-host", 2, "--delay", 0)
    runner.run(SCRAPE, url_file(tmp_path, urls), "--out", database, *options)
    assert len(site.visits) == len(stored(database)) == 48
    for port in site.ports:
        clients = {visit.client for visit in site.visits if visit.port == port}
        assert len(clients) == site.most_open[port] == 2


def test_delay_between_requests_to_one_host(runner: Runner, site: Site, tmp_path: Path) -> None:
    """A lower bound, and half of what it must be: no busy machine breaks it."""
    urls = [site.url(f"/page/{n}", host) for n in range(8) for host in range(4)]
    options = ("--out", tmp_path / "pages.db", "--delay", "0.2")
    runner.run(SCRAPE, url_file(tmp_path, urls), *options)
    for port in site.ports:
        times = [visit.time for visit in site.visits if visit.port == port]
        assert max(times) - min(times) > 7 * 0.2 / 2


def test_thousands_of_pages(runner: Runner, site: Site, tmp_path: Path) -> None:
    """None lost, none asked for twice, with more room than connections."""
    urls = [site.url(f"/page/{n}", n % 4) for n in range(2000)]
    database = tmp_path / "pages.db"
    options = ("--total", 32, "--per-host", 4, "--delay", 0)
    said = runner.run(SCRAPE, "-", "--out", database, *options, stdin="\n".join(urls))
    assert said == "2000 of 2000 pages: 2000 200\n"
    assert set(site.paths().values()) == {1}
    assert all(
        row["body"] == page("/" + url.split("/", 3)[3]) for url, row in stored(database).items()
    )
    assert len({(visit.port, visit.client) for visit in site.visits}) <= 4 * 4


def test_interrupt_keeps_what_there_is_and_the_next_run_goes_on(
    runner: Runner, site: Site, tmp_path: Path
) -> None:
    """Whatever was asked for is stored, and is not asked for again."""
    urls = url_file(tmp_path, [site.url(f"/page/{n}", n % 4) for n in range(120)])
    database = tmp_path / "pages.db"
    site.slowness = 0.05
    with runner.running(SCRAPE, urls, "--out", database, "--delay", 0) as process:
        wait_until(lambda: len(site.visits) >= 20)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 130, out + errors
    assert "stopping" in errors
    assert 20 <= len(stored(database)) == len(site.visits) < 120
    runner.run(SCRAPE, urls, "--out", database, "--delay", 0)
    assert len(stored(database)) == 120
    assert set(site.paths().values()) == {1}


def test_max_time_stops_too_and_failures_are_tried_again(
    runner: Runner, site: Site, tmp_path: Path
) -> None:
    """Exit status 130; a URL without an answer is no stored one."""
    urls = url_file(tmp_path, [site.url(f"/page/{n}") for n in range(50)])
    database = tmp_path / "pages.db"
    site.slowness = 0.1
    runner.run(SCRAPE, urls, "--out", database, "--delay", 0, "--max-time", 1, status=130)
    assert 0 < len(stored(database)) < 50
    broken = url_file(tmp_path, [site.url("/cut/1", 1)])
    runner.run(SCRAPE, broken, "--out", database, "--retries", 0, status=1)
    runner.run(SCRAPE, broken, "--out", database, "--retries", 0)
    assert stored(database)[site.url("/cut/1", 1)]["body"] == page("/cut/1")


@pytest.mark.parametrize("path", ["/silent/1", "/dripping/1"])
def test_deadline_holds_for_the_whole_page(
    runner: Runner, site: Site, tmp_path: Path, path: str
) -> None:
    """Also where a byte comes before each read would time out."""
    database = tmp_path / "pages.db"
    urls = url_file(tmp_path, [site.url(path)])
    options = ("--deadline", 0.5, "--retries", 0)
    runner.run(SCRAPE, urls, "--out", database, *options, status=1)
    assert stored(database)[site.url(path)]["error"].startswith("TimeoutError")


@pytest.mark.parametrize("retries", [0, 3])
def test_dead_host_is_given_up(runner: Runner, site: Site, tmp_path: Path, retries: int) -> None:
    """Not each of its URLs waits for its own failures; other hosts are none the worse for it."""
    site.slowness = 0.05
    urls = [f"http://127.0.0.1:{site.dead}/{n}" for n in range(30)]
    urls += [site.url(f"/page/{n}") for n in range(10)]
    database = tmp_path / "pages.db"
    options = ("--delay", "0.02" if not retries else "0.2", "--give-up", 5, "--retries", retries)
    said = runner.run(SCRAPE, url_file(tmp_path, urls), "--out", database, *options, status=1)
    assert len(stored(database)) == 40
    assert "10 200" in said and "HostGivenUp" in said


READ_PARQUET = """\
import sys, pyarrow.parquet
rows = pyarrow.parquet.read_table(sys.argv[1]).to_pylist()
print(len(rows), sum(row["status"] == 200 for row in rows), len({row["url"] for row in rows}))
print(rows[0]["body"].decode())
"""


def test_parquet(runner: Runner, site: Site, tmp_path: Path) -> None:
    """The same, in files that pyarrow reads; what they hold is not fetched again."""
    urls = url_file(tmp_path, [site.url("/page/1"), site.url("/page/1", 1), site.url("/gone/1")])
    out = tmp_path / "pages.parquet"
    runner.run(SCRAPE, urls, "--out", out, *QUICK, "--max-pages", 2)
    assert runner.run(SCRAPE, urls, "--out", out, *QUICK) == "1 of 1 pages: 1 404\n"
    assert runner.run(SCRAPE, urls, "--out", out, *QUICK) == "0 of 0 pages: nothing to do\n"
    assert len(list(out.glob("*.parquet"))) == 2 and not list(out.glob("*.partial"))
    read = tmp_path / "read.py"
    read.write_text(READ_PARQUET)
    assert runner.run(read, out) == f"3 2 3\n{page('/page/1').decode()}\n"
