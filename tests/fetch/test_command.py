"""The command as a whole: what comes out, what is left out the next time, and exit statuses."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from fasthttp._fetch.names import name_of

from ..pool.site import Site, answer, chunked
from .conftest import Fetch
from .running import OUTPUTS, by_url, command, rows_of, run

TEXT = b"Content-Type: text/html; charset=utf-8"


def test_json_lines(site: Site, fetch: Fetch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    site.answers["/text"] = answer("<p>h\u00e9".encode(), TEXT, b"X-A: 1", b"X-A: \xe9")
    site.answers["/bytes"] = answer(b"\x00\xff", b"Content-Type: image/png")
    site.answers["/none"] = answer(b"gone", status=b"404 Not Here")
    assert fetch(*map(site.url, ("/text", "/bytes", "/none"))) == 0
    said = capsysbinary.readouterr()
    rows = by_url(rows_of(said.out))
    text = rows[site.url("/text")]
    assert text["text"] == "<p>h\u00e9" and text["charset"] == "utf-8" and "body" not in text
    assert text["headers"][-2:] == [["X-A", "1"], ["X-A", "\u00e9"]]
    assert text["final_url"] == site.url("/text") and text["history"] == []
    assert text["error"] is None and text["phase"] is None and text["tries"] == 1
    assert text["elapsed"] > 0
    assert base64.b64decode(rows[site.url("/bytes")]["body"]) == b"\x00\xff"
    assert (rows[site.url("/none")]["status"], rows[site.url("/none")]["reason"]) == (
        404,
        "Not Here",
    )
    assert b"3 came, 0 failed" in said.err and b"200: 2, 404: 1" in said.err


def test_what_is_coded_still_is_no_text(
    site: Site, fetch: Fetch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    site.answers["/x"] = answer(b"?", TEXT, b"Content-Encoding: unheard-of")
    fetch("-q", "--no-decode", site.url("/x"))
    said = capsysbinary.readouterr()
    assert rows_of(said.out)[0]["body"] == "Pw=="
    assert said.err == b""


def test_errors(site: Site, fetch: Fetch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    site.answers["/cut"] = lambda exchange: exchange.end(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
    )
    site.answers["/long"] = answer(b"x" * 100)
    assert fetch("--max-body", "50", site.url("/cut"), site.url("/long"), "gopher://x/") == 1
    said = capsysbinary.readouterr()
    rows = by_url(rows_of(said.out))
    cut = rows[site.url("/cut")]
    assert cut["error"].startswith("IncompleteRead") and cut["phase"] == "body"
    assert base64.b64decode(cut["body"]) == b"abc" and cut["status"] == 200
    assert "max_body" in rows[site.url("/long")]["error"]
    assert rows["gopher://x/"]["error"].startswith("InvalidURL")
    assert f"IncompleteRead (body) 127.0.0.1:{site.port}: 1".encode() in said.err


def test_what_is_sent(site: Site, fetch: Fetch) -> None:
    fetch("--header", "X-A: 1", "--user-agent", "me/2", site.url("/"))
    (exchange,) = site.heard
    assert exchange.fields["x-a"] == "1" and exchange.fields["user-agent"] == "me/2"


@pytest.mark.parametrize("name", OUTPUTS)
def test_going_on(site: Site, fetch: Fetch, tmp_path: Path, name: str) -> None:
    """What failed is tried again, and what came is not."""
    out = f"{tmp_path}/{name}"
    site.answers["/1"] = lambda exchange: exchange.end()
    urls = [site.url(f"/{number}") for number in range(3)]
    assert fetch("-o", out, *urls) == 1
    site.answers["/1"] = answer(b"now")
    before = len(site.heard)
    assert fetch("-o", out, *urls, site.url("/3")) == 0
    assert sorted(site.targets[before:]) == ["/1", "/3"]
    before = len(site.heard)
    assert fetch("-o", out, *urls, site.url("/3")) == 0
    assert site.targets[before:] == []


@pytest.mark.parametrize("name", OUTPUTS)
def test_going_on_with_answers_that_are_none(
    site: Site, fetch: Fetch, tmp_path: Path, name: str
) -> None:
    """A 503 in the output is asked for again; what comes instead counts from then on."""
    out = f"{tmp_path}/{name}"
    site.answers["/1"] = answer(b"not now", status=b"503 Service Unavailable")
    site.answers["/2"] = answer(b"none", status=b"404 Not Found")
    site.answers["/3"] = answer(b"busy", status=b"429 Too Many Requests")
    site.answers["/4"] = answer(b"", b"Location: /1", status=b"302 Found")
    urls = [site.url(f"/{number}") for number in range(5)]
    assert fetch("-o", out, *urls) == 0
    before = len(site.heard)
    assert fetch("-o", out, *urls) == 0
    assert fetch("-o", out, "--again", "500", *urls) == 0
    assert site.targets[before:] == []
    assert fetch("-o", out, "--again", "429", *urls) == 0
    assert site.targets[before:] == ["/3"]
    site.answers["/1"] = answer(b"now")
    before = len(site.heard)
    assert fetch("-o", out, "--again", "429, 503", *urls) == 0
    assert sorted(site.targets[before:]) == ["/1", "/1", "/3", "/4"]
    before = len(site.heard)
    assert fetch("-o", out, "--again", "503", *urls) == 0
    assert site.targets[before:] == []


@pytest.mark.parametrize("name", OUTPUTS)
def test_two_runs_at_once(site: Site, tmp_path: Path, name: str) -> None:
    pytest.importorskip("fcntl")
    out = f"{tmp_path}/{name}"
    site.answers["/hang"] = lambda exchange: exchange.hang()
    first = subprocess.Popen(**command("-q", "-o", out, site.url("/hang")))
    try:
        site.wait_for(lambda: site.heard)
        second = run("-o", out, site.url("/other"))
        assert second.returncode == 2
        assert b"another run" in second.stderr
    finally:
        first.kill()
        first.wait()


def test_a_directory(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.answers["/a/b.html"] = chunked(b"x" * 70000, b"y" * 70000)
    site.answers["/empty"] = answer(b"")
    site.answers["/cut"] = lambda exchange: exchange.end(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
    )
    out = tmp_path / "new" / "pages"
    urls = [site.url(path) for path in ("/a/b.html", "/empty", "/cut", "/../../../evil")]
    assert fetch("-o", f"{out}/", *urls) == 1
    rows = by_url(rows_of(out / "index.jsonl"))
    assert rows[urls[0]]["file"] == name_of(urls[0])
    assert rows[urls[0]]["length"] == 140000
    assert (out / name_of(urls[0])).read_bytes() == b"x" * 70000 + b"y" * 70000
    assert (out / name_of(urls[1])).read_bytes() == b""
    assert rows[urls[2]]["file"] is None and rows[urls[2]]["length"] == 3
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {"index.jsonl", *(name_of(urls[at]) for at in (0, 1, 3))}
    assert {path.name for path in tmp_path.iterdir()} == {"new"}


def test_a_page_whose_file_is_gone_is_fetched_again(
    site: Site, fetch: Fetch, tmp_path: Path
) -> None:
    url = site.url("/x")
    for _ in range(2):
        assert fetch("-o", tmp_path, url) == 0
        (tmp_path / name_of(url)).unlink()
    assert site.targets == ["/x", "/x"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-o", "x.txt", "http://a/"),
        ("-i", "missing", "-q"),
        ("--deadline", "0", "http://a/"),
        ("--unheard-of", "http://a/"),
        ("--total", "x"),
        ("--again", "503", "http://a/"),
    ],
)
def test_usage(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and done.stdout == b""
    assert b"python -m fasthttp fetch" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_reader_that_has_enough(site: Site) -> None:
    process = subprocess.Popen(
        **command("-q", *site.urls(300)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process.stderr as said:
        assert said.read() == b""
    assert process.wait(60) == 1


def test_a_disk_that_is_full(site: Site) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with full.open("wb") as out:
        done = subprocess.run(
            **command(site.url("/x")), stdout=out, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 1
    assert b"cannot write: [Errno 28]" in done.stderr and b"Traceback" not in done.stderr


def test_more_urls_than_may_wait(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    """Of two hosts, one of which hangs until the other is done."""
    file = tmp_path / "urls"
    slow = [site.url(f"/slow{number}") for number in range(40)]
    fast = [site.url(f"/{number}", "localhost") for number in range(40)]
    file.write_text("\n".join(slow + fast))
    for number in range(40):
        site.answers[f"/slow{number}"] = lambda exchange: (
            site.wait_for(lambda: sum("slow" not in target for target in site.targets) == 40),
            exchange.send(answer(b"slow")),
        )
    out = tmp_path / "x.jsonl"
    assert fetch("--total", "4", "--per-host", "2", "-i", file, "-o", out) == 0
    assert len(by_url(rows_of(out))) == 80
