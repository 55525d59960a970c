"""Tests that do not tell, by id: they fail without fasthttp too, or come out now so, now so.

Found by runs without fasthttp (`python -m tests.downstream.suites --repeat 5`), and held to be true
by every run: one that fails must be listed, one that is listed must be there, and must fail if
that is what its entry says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """One test; `fails` always, or is flaky."""

    suite: str
    test: str
    fails: bool
    reason: str


_TUNNEL_TIMEOUT = (
    "network: its proxy connects to an address that must neither answer nor refuse for a while"
)
_PROXIES = "test/with_dummyserver/test_proxy_poolmanager.py::TestHTTPProxyManager"

KNOWN = (
    Known(
        "urllib3",
        f"{_PROXIES}::test_tunneling_proxy_request_timeout[http-https]",
        True,
        _TUNNEL_TIMEOUT,
    ),
    Known(
        "urllib3",
        f"{_PROXIES}::test_tunneling_proxy_request_timeout[https-https]",
        True,
        _TUNNEL_TIMEOUT,
    ),
    Known(
        "httplib2",
        "tests/test_test_helpers.py::test_rebuild_uri"
        "[base=127.0.0.1:8001-scheme=_-host=_-port=_-path=_]",
        True,
        "the first test behind those that pytest-forked runs, which are never torn down",
    ),
)


def failing(suite: str) -> dict[str, str]:
    """Return the tests of `suite` that fail without fasthttp, and why."""
    return {known.test: known.reason for known in KNOWN if known.suite == suite and known.fails}


def flaky(suite: str) -> dict[str, str]:
    """Return the tests of `suite` that are flaky without fasthttp, and why."""
    return {known.test: known.reason for known in KNOWN if known.suite == suite and not known.fails}
