"""Redirects, codings, retries, cookies, TLS and proxies, as the command line asks for them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from fasthttp._fetch.names import name_of

from ..hostile.tls import server_context
from ..pool.site import Exchange, Site, answer, serving
from ..servers.certificates import Certificates, make_certificates
from .conftest import Fetch
from .running import by_url, rows_of

TEXT = b"Content-Type: text/plain"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that nobody knows, and what it has signed."""
    return make_certificates(tmp_path_factory.mktemp("fetch"))


def test_redirects(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.answers["/1"] = answer(b"moved", b"Location: /2", status=b"301 Moved")
    site.answers["/2"] = answer(b"moved", b"Location: /3#end", status=b"302 Found")
    site.answers["/loop"] = answer(b"", b"Location: /loop", status=b"302 Found")
    out = tmp_path / "x.jsonl"
    assert fetch("-o", out, site.url("/1"), site.url("/loop")) == 1
    rows = by_url(rows_of(out))
    row = rows[site.url("/1")]
    assert row["final_url"] == site.url("/3#end") and row["status"] == 200
    assert row["history"] == [
        {"url": site.url("/1"), "status": 301}, {"url": site.url("/2"), "status": 302},
    ]  # fmt: skip
    assert rows[site.url("/loop")]["error"].startswith("TooManyRedirects")


def test_redirects_are_not_followed(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    site.answers["/1"] = answer(b"moved", b"Location: /2", TEXT, status=b"301 Moved")
    out = tmp_path / "x.jsonl"
    assert fetch("--redirects", "0", "-o", out, site.url("/1")) == 0
    assert (rows_of(out)[0]["status"], rows_of(out)[0]["text"]) == (301, "moved")


def test_redirects_into_a_directory(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    """The page is the last one alone, by the name of the URL that was given."""
    site.answers["/1"] = answer(b"moved", b"Location: /2", status=b"301 Moved")
    site.answers["/2"] = answer(b"here")
    assert fetch("-o", tmp_path, site.url("/1")) == 0
    assert (tmp_path / name_of(site.url("/1"))).read_bytes() == b"here"


def test_redirects_into_an_archive(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    pytest.importorskip("warcio")
    from .test_warc import records

    site.answers["/1"] = answer(b"moved", b"Location: /2", status=b"301 Moved")
    path = tmp_path / "x.warc.gz"
    for _ in range(2):
        assert fetch("-o", path, site.url("/1")) == 0
    found = [(kind, uri) for kind, uri, *_ in records(path)[1:]]
    assert found == [
        ("response", site.url("/1")), ("request", site.url("/1")),
        ("response", site.url("/2")), ("request", site.url("/2")),
        ("metadata", site.url("/1")),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["x.jsonl", "pages/"])
def test_codings(site: Site, fetch: Fetch, tmp_path: Path, name: str) -> None:
    whole = gzip.compress(b"text" * 1000)
    site.answers["/x"] = answer(whole, TEXT, b"Content-Encoding: gzip")
    site.answers["/cut"] = answer(whole[:-9], TEXT, b"Content-Encoding: gzip")
    site.answers["/bomb"] = answer(gzip.compress(bytes(1 << 20)), b"Content-Encoding: gzip")
    site.answers["/odd"] = answer(b"?", TEXT, b"Content-Encoding: odd")
    urls = [site.url(path) for path in ("/x", "/cut", "/bomb", "/odd")]
    assert fetch("--max-body", "10K", "-o", f"{tmp_path}/{name}", *urls) == 1
    out = tmp_path / name
    rows = by_url(rows_of(out if name == "x.jsonl" else out / "index.jsonl"))
    assert [rows[url]["error"] is None for url in urls] == [True, False, False, False]
    assert "max_body" in rows[urls[2]]["error"]
    if name == "x.jsonl":
        assert rows[urls[0]]["text"] == "text" * 1000
        assert "body" in rows[urls[3]]
    else:
        assert (out / name_of(urls[0])).read_bytes() == b"text" * 1000
        assert rows[urls[3]]["length"] == 1


@pytest.mark.parametrize("name", ["x.jsonl", "pages/"])
def test_retries(site: Site, fetch: Fetch, tmp_path: Path, name: str) -> None:
    def in_trouble(exchange: Exchange) -> None:
        fields = () if site.targets.count("/x") > 1 else (b"Retry-After: 0",)
        status = b"503 No" if fields else b"200 OK"
        exchange.send(answer(status, TEXT, *fields, status=status))

    site.answers["/x"] = in_trouble
    out = tmp_path / name
    assert fetch("--retries", "1", "-o", f"{tmp_path}/{name}", site.url("/x")) == 0
    (row,) = rows_of(out if name == "x.jsonl" else out / "index.jsonl")
    assert (row["status"], row["tries"]) == (200, 2)
    if name == "pages/":
        assert (out / row["file"]).read_bytes() == b"200 OK"


def test_an_answer_after_the_last_try_is_an_answer(
    site: Site, fetch: Fetch, tmp_path: Path
) -> None:
    """Also where there is no time for another try."""
    site.answers["/x"] = answer(b"busy", b"Retry-After: 90", status=b"503 No")
    site.answers["/y"] = answer(b"broken", status=b"500 No")
    urls = [site.url("/x"), site.url("/y")]
    assert fetch("--deadline", "20", "--retries", "1", "-o", tmp_path, *urls) == 0
    assert (tmp_path / name_of(urls[0])).read_bytes() == b"busy"
    assert (tmp_path / name_of(urls[1])).read_bytes() == b"broken"


def test_cookies(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    def wall(exchange: Exchange) -> None:
        if "a=1" in exchange.fields.get("cookie", ""):
            exchange.send(answer(exchange.fields["cookie"].encode(), TEXT))
        else:
            exchange.send(answer(b"", b"Set-Cookie: a=1", b"Location: /x", status=b"302 Found"))

    site.answers["/x"] = wall
    jar = tmp_path / "cookies.txt"
    jar.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t\tb\t2\n")
    before = jar.read_bytes()
    out = tmp_path / "x.jsonl"
    assert fetch("--cookies", jar, "-o", out, site.url("/x")) == 0
    assert set(rows_of(out)[0]["text"].split("; ")) == {"a=1", "b=2"}
    assert jar.read_bytes() == before


def test_an_archive_has_no_credentials(site: Site, fetch: Fetch, tmp_path: Path) -> None:
    pytest.importorskip("warcio")
    from .test_warc import records

    path = tmp_path / "x.warc.gz"
    fields = ("--header", "Authorization: Basic c2VjcmV0", "--header", "Cookie: secret=1")
    assert fetch(*fields, "-o", path, site.url("/x")) == 0
    assert site.heard[0].fields["authorization"] == "Basic c2VjcmV0"
    heads = [str(head).lower() for _, _, head, _ in records(path)]
    assert all("c2vjcmv0" not in head and "secret" not in head for head in heads)


def test_tls(certificates: Certificates, fetch: Fetch, tmp_path: Path) -> None:
    with serving(server_context(certificates)) as site:
        url = site.url("/x", "localhost")
        out = tmp_path / "x.jsonl"
        assert fetch("-o", out, url) == 1
        assert "SSLCertVerificationError" in rows_of(out)[0]["error"]
        assert fetch("-o", tmp_path / "ca.jsonl", "--ca", str(certificates.authority), url) == 0
        assert fetch("-o", tmp_path / "any.jsonl", "--insecure", url) == 0


@pytest.mark.parametrize("is_in_environment", [True, False])
def test_a_proxy(
    site: Site, fetch: Fetch, is_in_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: Any = ["--proxy", site.url("")]
    if is_in_environment:
        arguments = []
        monkeypatch.setenv("http_proxy", site.url(""))
    assert fetch(*arguments, "http://example.org/x") == 0
    assert site.heard[0].target == "http://example.org/x"


def test_robots_behind_a_redirect(site: Site, fetch: Fetch) -> None:
    site.answers["/robots.txt"] = answer(b"", b"Location: /r", status=b"301 Moved")
    site.answers["/r"] = answer(b"User-agent: *\nDisallow: /x")
    assert fetch("--robots", site.url("/x")) == 1
    assert site.targets == ["/robots.txt", "/r"]
