"""What is fetched, in which way, and what is right."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from .answers import POSTED, answer

__all__ = [
    "BODY_ROWS", "DEFAULT", "FAMILIES", "SCENARIOS", "SMALL_READS", "Expected", "Scenario",
    "expected", "know",
]  # fmt: skip

Way = Literal[
    "read", "readinto", "read64k", "threads", "context", "connect", "import", "url",
    "read by 1", "read by 16", "lines", "read1", "readinto 64", "pool",
]  # fmt: skip

#: The ways that fetch a body over one connection kept open.
BODY_ROWS: tuple[Way, ...] = ("read", "readinto", "read64k")

#: The ways that fetch a chunked body in many small pieces, as parsers and loops over lines do.
SMALL_READS: tuple[Way, ...] = ("read by 1", "read by 16", "lines", "read1", "readinto 64")

_OWN_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
    "User-Agent": "bench/1.0",
    "Authorization": "Bearer 0123456789abcdef0123456789abcdef",
    "X-Request-Id": "7f3b1c0e-5a52-4c2e",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    name: str
    what: str
    way: Way
    path: str = "/small"
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    #: The one header that is looked up in the answer.
    asks: str = "Content-Type"
    #: Shown without being asked for.
    default: bool = True
    #: How many times the usual length a batch is.
    stretch: int = 1
    #: Whether http.client and the others do the same thing here, so that ratios mean something.
    comparable: bool = True
    unit: Literal["us", "ms"] = "us"
    #: Scheme and authority of a server of the user's own; empty for the loopback server.
    origin: str = ""
    #: How many connections there are at a time, where that is not one.
    connections: int = 1
    #: Over TLS.
    tls: bool = False


def _small(name: str, what: str, way: Way, path: str) -> Scenario:
    """A row of the family of small reads."""
    return Scenario(f"small-reads-{name}", f"GET, chunked: {what}", way, path, default=False)


def _pool(name: str, connections: int, what: str, path: str, tls: bool = False) -> Scenario:
    """A row of the family with many connections."""
    return Scenario(
        name, f"{connections:,} connections at a time; GET {what}", "pool", path,
        default=False, stretch=20, connections=connections, tls=tls,
    )  # fmt: skip


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("small", "GET, 12 headers (504 B), 1 KiB body; status, getheader, read()", "read"),
        Scenario(
            "headers40", "GET, 40 headers (2.4 KB), 200 B body; status, getheader, read()", "read",
            "/headers40",
        ),
        Scenario("page", "GET, chunked: 5 chunks, 40 KiB in all; read()", "read", "/page"),
        Scenario("chunks64", "GET, 16,384 chunks of 64 B; read()", "read", "/chunks64"),
        Scenario("chunks64k", "GET, 256 chunks of 64 KiB; read()", "read", "/chunks64k"),
        Scenario("big", "GET, 16 MiB with Content-Length; read()", "read", "/big"),
        Scenario(
            "big-readinto", "GET, 16 MiB with Content-Length; readinto() a kept 256 KiB",
            "readinto", "/big",
        ),
        Scenario(
            "big-read64k", "GET, 16 MiB with Content-Length; read(65536) until the end",
            "read64k", "/big",
        ),
        Scenario(
            "post", "POST, 1 KiB body, 6 own headers; small answer", "read", "/post",
            method="POST", headers=_OWN_HEADERS, body=POSTED,
        ),
        Scenario(
            "threads32", "32 connections in 32 threads; GET as in small", "threads",
            default=False, stretch=3, connections=32,
        ),
        Scenario(
            "https-context", "HTTPSConnection('localhost') made without a context", "context",
            default=False,
        ),
        Scenario(
            "tls-connect", "a new TLS connection, GET as in small, close; the server resumes",
            "connect", default=False, stretch=2,
        ),
        _small("1", "read(1), 8 chunks of 4 KiB", "read by 1", "/chunks4k"),
        _small("16", "read(16), 8 chunks of 4 KiB", "read by 16", "/chunks4k"),
        _small("line", "readline(), 1,000 chunks of a line of 64 B", "lines", "/lines"),
        _small("read1", "read1(), 1,000 chunks of 64 B", "read1", "/lines"),
        _small("into", "readinto() of 64 B, 8 chunks of 4 KiB", "readinto 64", "/chunks4k"),
        _pool("pool32", 32, "as in small", "/small"),
        _pool("pool256", 256, "as in small", "/small"),
        _pool("pool1024", 1024, "as in small", "/small"),
        _pool("pool32-page", 32, "as in page", "/page"),
        _pool("pool256-page", 256, "as in page", "/page"),
        _pool("pool1024-page", 1024, "as in page", "/page"),
        _pool("pool32-tls", 32, "as in small, over TLS", "/small", tls=True),
        Scenario(
            "import", "import fasthttp.client after http.client (stdlib: http.client itself)",
            "import", default=False, comparable=False, unit="ms",
        ),
    )
}  # fmt: skip

#: Names that stand for several scenarios.
FAMILIES = {
    "small-reads": [each.name for each in SCENARIOS.values() if each.way in SMALL_READS],
    "pool": [each.name for each in SCENARIOS.values() if each.way == "pool"],
}

DEFAULT = [name for name, scenario in SCENARIOS.items() if scenario.default]


@dataclass(frozen=True)
class Expected:
    """What the right answer is, small enough to keep."""

    status: int
    header: str | None
    length: int
    #: Empty where a server's bodies differ from one answer to the next.
    digest: str
    head_length: int = 0
    wire_length: int = 0
    framed_digest: str = ""
    #: The shortest and the longest body that is believed, where their lengths differ too.
    lengths: tuple[int, int] | None = None

    def is_wire(self, wire: bytes | bytearray | memoryview) -> bool:
        """Return whether these are a whole answer's bytes; not each head is the same."""
        framed = memoryview(wire)[self.head_length :]
        return (
            len(wire) == self.wire_length
            and hashlib.sha256(framed).hexdigest() == self.framed_digest
        )


_known: dict[tuple[str, str, str], Expected] = {}


def know(scenario: Scenario, right: Expected) -> None:
    """Take over what another process has worked out for `expected` to say."""
    _known[scenario.origin, scenario.path, scenario.asks] = right


def expected(scenario: Scenario) -> Expected:
    """What a client must see in `scenario`.

    Raises LookupError where it is a server of the user's own and `know` was not called.
    """
    key = (scenario.origin, scenario.path, scenario.asks)
    if key not in _known:
        if scenario.origin:
            raise LookupError(f"what {scenario.name} answers is not known")
        _known[key] = _work_out(scenario.path, scenario.asks)
    return _known[key]


def _work_out(path: str, asks: str) -> Expected:
    right = answer(path)
    fields = dict(line.split(": ", 1) for line in right.head.decode().splitlines()[1:-1])
    return Expected(
        status=int(right.head.split()[1]),
        header=fields[asks],
        length=len(right.body),
        digest=hashlib.sha256(right.body).hexdigest(),
        head_length=len(right.head),
        wire_length=len(right.head) + len(right.framed),
        framed_digest=hashlib.sha256(right.framed).hexdigest(),
    )
