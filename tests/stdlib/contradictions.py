"""The tests of older CPythons that contradict CPython 3.15.2, whose behaviour fasthttp has.

Every entry is held to be true whenever the suites run: a test named here must pass with the
interpreter's own `http.client` and fail with `fasthttp.client`; if not, the entry is stale.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

Version = tuple[int, int]


@dataclass(frozen=True)
class Contradiction:
    """One test, the Pythons it is wrong on (`since` <= version < `before`), and why."""

    test: str
    since: Version
    before: Version
    reason: str

    def concerns(self, suite: str, version: Version) -> bool:
        """Say whether this entry is about `suite` on Python `version`."""
        return self.test.startswith(f"test.{suite}.") and self.since <= version < self.before


CONTRADICTIONS = (
    Contradiction(
        test="test.test_httplib.OfflineTest.test_all",
        since=(3, 10),
        before=(4, 0),
        reason="finds what belongs in __all__ by __module__ == 'http.client', which our own"
        " HTTPConnection, HTTPSConnection and HTTPResponse cannot say without a lie",
    ),
    Contradiction(
        test="test.test_httplib.TunnelTests.test_set_tunnel_host_port_headers",
        since=(3, 10),
        before=(3, 12),
        reason="wants _tunnel_headers to be just the caller's; since 3.12 they are a copy with"
        " Host added, because CONNECT became HTTP/1.1, which demands it",
    ),
    Contradiction(
        test="test.test_httpservers.BaseHTTPServerTestCase.test_send_error",
        since=(3, 10),
        before=(4, 0),
        reason="takes 102 Processing for an answer, which RFC 9110 15.2 has clients read past",
    ),
)


def contradictions(suite: str, version: Version | None = None) -> dict[str, str]:
    """Return the tests of `suite` that are wrong on `version` (here: the running one), and why."""
    here = version or (sys.version_info[0], sys.version_info[1])
    return {entry.test: entry.reason for entry in CONTRADICTIONS if entry.concerns(suite, here)}
