"""Under gevent a run waits by gevent's selectors, and other greenlets go on meanwhile."""

from __future__ import annotations

import importlib.util
import platform
import threading
from sysconfig import get_config_var

import pytest

from ..hostile.tls import server_context
from ..servers.certificates import Certificates
from ..servers.process import missing
from .programs import run_program
from .site import Site, answer, serving

pytestmark = pytest.mark.skipif(
    platform.python_implementation() != "CPython" or bool(get_config_var("Py_GIL_DISABLED")),
    reason="gevent is for CPython with a GIL",
)


@pytest.fixture(autouse=True)
def gevent_is_there() -> None:
    if importlib.util.find_spec("gevent") is None:
        missing("the package gevent", "pip install gevent")


def _check(implementation: str, order: str, site: Site, *arguments: object) -> None:
    meeting = threading.Barrier(6, timeout=20)
    site.answers["/together"] = lambda exchange: (meeting.wait(), exchange.send(answer(b"met")))
    said = run_program(
        implementation, "gevent_program", order, site.url("", "localhost"), *arguments
    )
    assert said["amap"] == "NotImplementedError"
    assert said["map"] == ["met"] * 3
    assert said["request"] == ["met"] * 3
    assert said["many"] == 100
    assert said["timeout"] == "TimeoutError"
    assert said["turns"] > 5


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_run_and_requests_overlap(implementation: str, order: str) -> None:
    with serving() as site:
        site.answers["/hang"] = lambda exchange: exchange.hang()
        _check(implementation, order, site)


def test_they_overlap_over_tls(implementation: str, certificates: Certificates) -> None:
    with serving(server_context(certificates)) as site:
        site.answers["/hang"] = lambda exchange: exchange.hang()
        _check(implementation, "before", site, certificates.authority)
