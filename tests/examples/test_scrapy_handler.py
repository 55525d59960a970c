"""examples/scrapy_handler: the same crawl comes to the same as with Scrapy's own handler."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ..servers.nginx import Nginx
from ..servers.tinyproxy import PASSWORD, USER, Tinyproxy
from .running import EXAMPLES, Runner
from .site import Site, page

# The first test waits for the environment.
pytestmark = pytest.mark.timeout(600)
HANDLER = EXAMPLES / "scrapy_handler"
CRAWL = Path(__file__).with_name("crawl.py")
OURS = dict.fromkeys(("http", "https"), "fasthttp_handler.FasthttpDownloadHandler")
Outcomes = dict[str, Any]


def crawl(
    runner: Runner, requests: dict[str, Any], *, ours: bool, watched: bool = False, **settings: Any
) -> Outcomes:
    """Make the requests with one of the handlers; return what they came to."""
    settings |= {"DOWNLOAD_HANDLERS": OURS} if ours else {}
    asked = {"settings": settings, "signals": watched, "requests": requests}
    environment = {"PYTHONPATH": str(HANDLER)}
    found: Outcomes = json.loads(
        runner.run(CRAWL, stdin=json.dumps(asked), environment=environment)
    )
    return found


def requests_to(site: Site) -> dict[str, Any]:
    """Return requests of each kind, by what they try."""

    def to(path: str, **arguments: Any) -> dict[str, Any]:
        return {"url": site.url(path), **arguments}

    return {
        "page": to("/page/1?a=1&b=%20"),
        "host without a path": {"url": site.url("")},
        "fragment": to("/page/2#part"),
        "gone": to("/gone/1", meta={"handle_httpstatus_all": True}),
        "compressed": to("/zipped/1"),
        "redirect": to("/moved/1"),
        "busy": to("/busy/1"),
        "cookies": to("/two/1"),
        "head": to("/page/3", method="HEAD"),
        "post": to("/page/4", method="POST", body="sent and echoed"),
        "empty post": to("/page/5", method="POST"),
        "several values": to("/page/6", headers={"X-Several": ["one", "two"], "X-One": "1"}),
        "cut once": to("/cut/1"),
        "cut always": to("/cutoff/1", meta={"max_retry_times": 1}),
        "cut, accepted": to("/cutoff/2", meta={"download_fail_on_dataloss": False}),
        "too large": to("/big/1", meta={"download_maxsize": 1000}),
        "large enough": to("/big/2", meta={"download_maxsize": 300_000}),
        "too large, in chunks": to("/bigchunked/1", meta={"download_maxsize": 1000}),
        "in chunks": to("/bigchunked/2"),
        "silent": to("/silent/1", meta={"download_timeout": 0.5, "max_retry_times": 0}),
        "dripping": to("/dripping/1", meta={"download_timeout": 0.5, "max_retry_times": 0}),
        "refused": {"url": f"http://127.0.0.1:{site.dead}/", "meta": {"max_retry_times": 0}},
        "unknown host": {"url": "http://nowhere.invalid/", "meta": {"max_retry_times": 0}},
    }


@pytest.mark.parametrize("watched", [False, True], ids=["unwatched", "watched"])
def test_outcomes_are_those_of_scrapys_own_handler(
    runner: Runner, site: Site, watched: bool
) -> None:
    """Responses and exceptions, request by request; with receivers of the signals, these too."""
    requests = requests_to(site)
    if watched:
        requests["stopped"] = {"url": site.url("/bigchunked/3")}
        requests["stopped, failing"] = {"url": site.url("/bigchunked/4")}
    theirs = crawl(runner, requests, ours=False, watched=watched)
    own_paths = site.paths()
    site.visits.clear()
    ours = crawl(runner, requests, ours=True, watched=watched)
    for name in requests:
        assert ours["results"][name] == theirs["results"][name], name
    assert ours["seen"]["heads"] == theirs["seen"]["heads"]
    assert ours["seen"]["stopped"] == theirs["seen"]["stopped"]
    assert site.paths() == own_paths
    page_1 = ours["results"]["page"]
    assert (page_1["status"], page_1["length"]) == (200, len(page("/page/1?a=1&b=%20")))
    assert ours["results"]["dripping"] == {"error": "DownloadTimeoutError"}


def test_fields_on_the_wire(runner: Runner, site: Site) -> None:
    """Those that Scrapy's middlewares have set, several values in one line, cookies kept apart."""
    request = {
        "url": site.url("/page/1"),
        "headers": {"X-Several": ["one", "two"], "Proxy-Authorization": "secret"},
        "cookies": {"a": "1", "b": "2"},
    }
    crawl(runner, {"page": request}, ours=True, USER_AGENT="me")
    (visit,) = site.visits
    assert visit.headers["user-agent"] == "me"
    assert visit.headers["x-several"] == "one, two"
    assert visit.headers["cookie"] == "a=1; b=2"
    assert "gzip" in visit.headers["accept-encoding"]
    assert "proxy-authorization" not in visit.headers


def test_connections_are_kept(runner: Runner, site: Site) -> None:
    """For each of two hosts no more than the threads, which are as many as CONCURRENT_REQUESTS."""
    requests = {str(n): {"url": site.url(f"/page/{n}", n % 2)} for n in range(100)}
    found = crawl(runner, requests, ours=True, CONCURRENT_REQUESTS=4)
    assert {one["status"] for one in found["results"].values()} == {200}
    assert len({(visit.port, visit.client) for visit in site.visits}) <= 2 * 4


def test_plain_proxy(runner: Runner, site: Site) -> None:
    """Asked for the whole URL, with the password that stood in the proxy's."""
    proxy = site.url("").replace("http://", f"http://{USER}:{PASSWORD}@")
    requests = {"page": {"url": "http://elsewhere.test/page/1", "meta": {"proxy": proxy}}}
    for ours in (False, True):
        found = crawl(runner, requests, ours=ours)["results"]["page"]
        assert (found["status"], found["url"]) == (200, "http://elsewhere.test/page/1")
    theirs, own = site.visits
    assert own.path == theirs.path == "http://elsewhere.test/page/1"
    for name in ("host", "proxy-authorization", "user-agent", "accept-encoding"):
        assert own.headers[name] == theirs.headers[name]


def test_tls_and_tunnel(runner: Runner, nginx: Nginx, tinyproxy: Tinyproxy) -> None:
    """With and without a proxy that wants a password; verified only where the setting says so."""
    url = f"https://localhost:{nginx.tls_port}/tls"
    proxy = f"http://{USER}:{PASSWORD}@{tinyproxy.host}:{tinyproxy.port}"
    requests = {
        "direct": {"url": url},
        "through": {"url": url, "meta": {"proxy": proxy}},
        "no password": {"url": url, "meta": {"proxy": proxy.replace(PASSWORD, "wrong")}},
    }
    found = crawl(runner, requests, ours=True, RETRY_ENABLED=False)["results"]
    assert found["direct"]["body"].startswith("https localhost")
    assert found["direct"]["certified"] and found["through"]["certified"]
    assert found["through"]["body"].startswith("https localhost")
    assert "error" in found["no password"]
    verified = crawl(
        runner, requests, ours=True, RETRY_ENABLED=False, DOWNLOAD_VERIFY_CERTIFICATES=True
    )
    assert verified["results"]["direct"] == {"error": "DownloadFailedError"}


def test_bench_measures_both(runner: Runner) -> None:
    """A short run: two rounds, both handlers, and the medians."""
    said = runner.run(HANDLER / "bench.py", "--pages", 40, "--rounds", 1)
    rows = re.findall(r"^(1|median) +(default|fasthttp) +[\d.,]+ +[\d.,]+$", said, re.MULTILINE)
    assert rows == [
        ("1", "default"), ("1", "fasthttp"), ("median", "default"), ("median", "fasthttp"),
    ]  # fmt: skip
