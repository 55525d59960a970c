"""Programs that stand on http.client, and what `fasthttp.install()` does for them.

Each library takes turns with itself: batch by batch with install() and without, in one process,
over connections of its own each.
"""

from __future__ import annotations

import importlib
import xmlrpc.client
from collections.abc import Callable
from typing import Any

from .answers import POSTED
from .contestants import contestant_named
from .hosting import Place
from .measure import REFERENCE, Pace, Row, race
from .rivals import rival_contestant
from .scenarios import SCENARIOS, Scenario, expected
from .visits import Contestant, Sample, Seen, Sink, Visit

__all__ = ["FOREIGN", "STACKS", "paths", "race_itself", "races"]

#: What is fetched: everyday answers with 12 and with 40 headers.
_FETCHED = ("small", "headers40")
_RPC = Scenario("rpc", "an XML-RPC call, 12 headers", "read", "/rpc", method="POST")


class _UrllibRequest(Visit):
    """urllib.request: a new connection for each request, as it always does."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.url = f"http://{place.host}:{place.port}{scenario.path}"
        self.asks = scenario.asks
        library = importlib.import_module("urllib.request")
        self.open = library.build_opener(library.ProxyHandler({})).open

    def fetch(self, sink: Sink | None = None) -> Seen:
        with self.open(self.url) as response:
            body = response.read()
            seen = response.status, response.headers[self.asks], len(body)
        if sink is not None:
            sink(body)
        return seen


class _XmlRpc(Visit):
    """xmlrpc.client: one call with a string for an argument."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.proxy = xmlrpc.client.ServerProxy(f"http://{place.host}:{place.port}{scenario.path}")
        # The server waits for exactly as much as this.
        self.argument = "x" * (len(POSTED) - len(xmlrpc.client.dumps(("",), "method")))

    def fetch(self, sink: Sink | None = None) -> Seen:
        if self.proxy.method(self.argument) != "stored":
            raise ValueError("the call returned something else")
        return self.right.status, self.right.header, self.right.length

    def examine(self) -> str:
        return self.compare(self.fetch())

    def close(self) -> None:
        self.proxy("close")()


class _Botocore(Visit):
    """botocore's HTTP session, as boto3 uses it below its own work."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        super().__init__(expected(scenario))
        self.url = f"http://{place.host}:{place.port}{scenario.path}"
        self.asks = scenario.asks
        self.session = importlib.import_module("botocore.httpsession").URLLib3Session()
        self.request = importlib.import_module("botocore.awsrequest").AWSRequest

    def fetch(self, sink: Sink | None = None) -> Seen:
        headers = {"User-Agent": "bench/1.0", "X-Amz-Date": "20251104T102030Z"}
        response = self.session.send(self.request("GET", self.url, headers=headers).prepare())
        if sink is not None:
            sink(response.content)
        return response.status_code, response.headers[self.asks], len(response.content)

    def close(self) -> None:
        self.session.close()


def _of(library: str, visit: Any) -> Contestant:
    importlib.import_module(library)
    return Contestant(library, library, visit)


#: By name: makes the contestant; ImportError where the library is missing.
STACKS: dict[str, Callable[[], Contestant]] = {
    "http.client": lambda: contestant_named(REFERENCE),
    "xmlrpc.client": lambda: _of("xmlrpc.client", _XmlRpc),
    "urllib3": lambda: rival_contestant("urllib3"),
    "botocore": lambda: _of("botocore", _Botocore),
    "urllib.request": lambda: _of("urllib.request", _UrllibRequest),
    "requests": lambda: rival_contestant("requests"),
}


#: Those that are no part of Python, and have versions of their own.
FOREIGN = frozenset({"urllib3", "botocore", "requests"})


class _Installed(Visit):
    """A visit during which install() is in force, and only then."""

    def __init__(self, package: Any, inner: Visit) -> None:
        super().__init__(inner.right)
        self.package, self.inner = package, inner

    def examine(self) -> str:
        with self.package.installed_for():
            return self.inner.examine()

    def measure(self, count: int) -> Sample:
        with self.package.installed_for():
            return self.inner.measure(count)

    def close(self) -> None:
        self.inner.close()


def _with_install(each: Contestant) -> Contestant:
    package = importlib.import_module("fasthttp")
    return Contestant(
        "installed",
        f"{each.label} + install()",
        lambda scenario, place: _Installed(package, each.open(scenario, place)),
    )


def paths() -> list[str]:
    """What the server has to have."""
    return [*(SCENARIOS[name].path for name in _FETCHED), _RPC.path]


def races() -> tuple[list[tuple[Scenario, str, Contestant]], list[str]]:
    """Each stack in each of its scenarios; and the stacks that are not installed."""
    found: list[tuple[Scenario, str, Contestant]] = []
    missing: list[str] = []
    for name, make in STACKS.items():
        try:
            plain = make()
        except ImportError:
            missing.append(name)
            continue
        scenarios = [_RPC] if name == "xmlrpc.client" else [SCENARIOS[it] for it in _FETCHED]
        found += [(scenario, name, plain) for scenario in scenarios]
    return found, missing


def race_itself(
    scenario: Scenario, plain: Contestant, place: Place, pace: Pace, tick: Callable[[int], None]
) -> tuple[Row, Row]:
    """Race a stack against itself: its figures without install() and with it."""
    reference = Contestant(REFERENCE, plain.label, plain.open)
    without, installed = race(scenario, (reference, _with_install(plain)), place, pace, tick)
    return without, installed
