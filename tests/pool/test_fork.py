"""A forked child: its parent's pool is of no use to it, and goes on serving the parent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ..hostile.tls import server_context
from ..servers.certificates import Certificates
from .programs import run_program
from .site import Site, answer, serving

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

_REFUSED = "RuntimeError: a forked child cannot use its parent's pool: make one of its own"


def _answers(site: Site) -> None:
    site.answers["/late"] = lambda exchange: (
        site.closing.wait(0.3),
        exchange.send(answer(b"%d /late" % exchange.number)),
    )


def _check(implementation: str, site: Site, *arguments: Path) -> None:
    _answers(site)
    said = run_program(implementation, "fork_program", site.url("", "localhost"), *arguments)
    child = said["child"]
    assert child["map"] == child["amap"] == child["request"] == child["next"] == _REFUSED
    assert child["own"].endswith(" /child")
    assert child["get"].endswith(" /get-child")
    # The child has closed the pool, too, and ended; no connection of the parent's was harmed.
    assert sorted(said["parent"]) == ["/kept", "/kept-2", "/late", "/late"]
    assert said["tries"] == [1, 1, 1, 1]
    by_number: dict[int, set[bool]] = {}
    for exchange in site.heard:
        by_number.setdefault(exchange.number, set()).add("child" in exchange.target)
    assert all(len(whose) == 1 for whose in by_number.values())


def test_a_child_gets_an_error_at_once_and_the_parent_its_pages(implementation: str) -> None:
    with serving() as site:
        _check(implementation, site)


def test_the_same_over_tls(implementation: str, certificates: Certificates) -> None:
    with serving(server_context(certificates)) as site:
        _check(implementation, site, certificates.authority)
