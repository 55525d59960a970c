"""A forked child uses new connections and reconnects inherited ones; the parent's stay in step.

With TLS a byte that the child wrote, or read, would break the parent's stream for good.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..servers.certificates import make_certificates
from .program import run_program
from .server import Server, serving
from .tls import server_context

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

#: By scene, what parent and child get: "NUMBER PATH", where each number is a connection's, counted
#: from the scene's first.
EXPECTED = {
    "idle": ["0 /first", "1 /child, 1 /child-2", "0 /next"],
    "in_body": ["0 /first", "1 /child", "0 /next"],
    "before_answer": ["0 /first", "1 /child", "0 /next"],
    "started": ["0 /first", "1 /begun", "0 /begun"],
    "started_and_dropped": ["0 /first", "1 /child", "0 /begun"],
    "connected_by_hand": ["0 /first", "1 /child, 1 /child-2", "0 /next"],
    "closed_by_child": ["0 /first", "1 /child", "0 /next"],
    "dropped_by_child": ["0 /first", "1 /child", "0 /next"],
    "grandchild": ["0 /first", "1 /child, 2 /grandchild, 1 /child-2", "0 /next"],
}


@pytest.fixture(scope="module", params=["http", "https"])
def said(
    request: pytest.FixtureRequest, implementation: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, list[str]], Server]]:
    """What the program said, and its server; one run for all scenes."""
    folder: Path = tmp_path_factory.mktemp("fork")
    context, arguments = None, []
    if request.param == "https":
        certificates = make_certificates(folder)
        context, arguments = server_context(certificates), [certificates.authority]
    with serving(context) as server:
        yield run_program(implementation, "fork_program", server.port, *arguments), server


def _renumbered(lines: list[str]) -> list[str]:
    """With the numbers that the server gave replaced by their order in the scene."""
    order: dict[str, int] = {}

    def renumber(word: str) -> str:
        number, _, path = word.partition(" ")
        return f"{order.setdefault(number, len(order))} {path}"

    return [", ".join(map(renumber, line.split(", "))) for line in lines]


@pytest.mark.parametrize("scene", EXPECTED)
def test_parent_and_child_get_their_own_answers(
    said: tuple[dict[str, list[str]], Server], scene: str
) -> None:
    assert _renumbered(said[0][scene]) == EXPECTED[scene], said[0][scene]


def test_no_connection_carries_requests_of_two_processes(
    said: tuple[dict[str, list[str]], Server],
) -> None:
    """As the server has heard them: what a child asks never comes on its parent's connection."""
    for heard in said[1].heard:
        kinds = Counter("child" if "child" in path else "parent" for path in heard)
        assert len(kinds) <= 1, heard
