"""Archives, as `warcio` reads them."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fasthttp._fetch import warc
from fasthttp._fetch.warc import members

from ..pool.site import Site, answer, chunked
from .conftest import Fetch
from .running import run

warcio: Any = pytest.importorskip("warcio.archiveiterator")


def records(path: Path) -> list[tuple[str, str, Any, bytes]]:
    """Kind, URI, HTTP head and content of each record; each digest is right."""
    with path.open("rb") as file:
        found = []
        for record in warcio.ArchiveIterator(file, check_digests="raise"):
            uri = record.rec_headers.get_header("WARC-Target-URI")
            found.append(
                (record.rec_type, uri, record.http_headers, record.content_stream().read())
            )
        return found


def test_records(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    site.answers["/a%20b"] = chunked(b"one", b"two")
    url = site.url("/a%20b?x#y")
    assert fetch("--header", "X-A: 1", "-o", path, url) == 0
    found = records(path)
    assert [kind for kind, *_ in found] == ["warcinfo", "response", "request", "metadata"]
    _, uri, head, content = found[1]
    assert uri == site.url("/a%20b?x") and content == b"onetwo"
    assert head.statusline == "200 OK" and head.protocol == "HTTP/1.1"
    assert head.get_header("Content-Length") == "6"
    assert head.get_header("X-Archive-Orig-Transfer-Encoding") == "chunked"
    _, uri, head, _ = found[2]
    assert uri == site.url("/a%20b?x") and head.get_header("X-A") == "1"
    sent = site.heard[0]
    assert f"{head.protocol} {head.statusline}" == sent.line
    assert {name.lower(): value for name, value in head.headers} == sent.fields
    assert f"fasthttp-url: {url}\r\n".encode() in found[3][3]


def test_bodies_stay_as_they_were_sent(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    site.answers["/x"] = answer(gzip.compress(b"text"), b"Content-Encoding: gzip")
    assert fetch("-o", path, site.url("/x")) == 0
    assert records(path)[1][3] == b"text"  # warcio has undone it


def test_failures_are_in_it(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    site.answers["/cut"] = lambda exchange: exchange.end()
    assert fetch("-o", path, site.url("/cut"), "no url: \u00e9\r\nx: y") == 1
    found = records(path)
    assert [kind for kind, *_ in found] == ["warcinfo", "metadata", "metadata"]
    said = b"".join(content for *_, content in found[1:])
    assert b"fasthttp-error: " in said and b"\r\nx: y" not in said


def test_a_record_that_was_cut_anywhere(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    """The records of a page are whole, or its URL is asked for once more."""
    path = tmp_path / "x.warc.gz"
    fetch("-o", path, site.url("/1"))
    first = path.read_bytes()
    fetch("-o", path, site.url("/2"))
    both = path.read_bytes()
    assert both.startswith(first) and len(records(path)) == 7
    for cut in range(0, len(both), 97):
        path.write_bytes(both[:cut])
        before = len(site.heard)
        assert fetch("-q", "-o", path, site.url("/1"), site.url("/2")) == 0
        came = [uri for kind, uri, *_ in records(path) if kind == "metadata"]
        assert sorted(came) == [site.url("/1"), site.url("/2")]
        assert sorted(site.targets[before:]) == (["/1", "/2"] if cut < len(first) else ["/2"])


@pytest.mark.parametrize("data", [b"my notes", gzip.compress(b"my notes", mtime=0)])
def test_a_file_of_another_program(fetch: Fetch, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(data)
    assert fetch("-o", path, "http://a/") == 2
    assert path.read_bytes() == data


def test_without_warcio(
    fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(warc, "import_module", missing)
    assert fetch("-o", tmp_path / "x.warc.gz", "http://a/") == 2
    assert "pip install warcio" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_members() -> None:
    parts = [gzip.compress(bytes([at]) * size) for at, size in enumerate((0, 1, 70000, 300000))]
    whole = b"".join(parts)
    ends = [end for end, _ in members(BytesIO(whole))]
    assert ends == [sum(map(len, parts[: at + 1])) for at in range(4)]
    assert [begin for _, begin in members(BytesIO(whole))][2] == b"\x02" * 65536
    for cut in range(len(whole)):
        assert [end for end, _ in members(BytesIO(whole[:cut]))] == [e for e in ends if e <= cut]


def test_a_page_in_a_process_of_its_own(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    done = run("-q", "-o", path, site.url("/x"))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert len(records(path)) == 4
