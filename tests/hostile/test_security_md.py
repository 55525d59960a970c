"""SECURITY.md names a test for each CVE: each is there, and replays what the table says."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

_TOP = Path(__file__).resolve().parents[2]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_WEAKNESS = re.compile(r"CVE-\d{4}-\d{4,}|GHSA(?:-[a-z0-9]{4}){3}")
_REPLAYED = {f"tests/hostile/{path.name}" for path in _TOP.glob("tests/hostile/test_cves*.py")}


@cache
def _rows() -> list[tuple[set[str], list[tuple[str, str]]]]:
    """Of each line of the tables about CVEs: which CVEs, and (file, function) of their tests."""
    lines = (_TOP / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    rows = [
        (set(_WEAKNESS.findall(line)), _TEST.findall(line)) for line in lines if line[:1] == "|"
    ]
    return [row for row in rows if row[0]]


@cache
def _functions(path: str) -> set[str]:
    tree = ast.parse((_TOP / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def _replayed() -> set[str]:
    texts = "".join((_TOP / path).read_text(encoding="utf-8") for path in _REPLAYED)
    by_name = re.findall(r"def test_cve_(\d{4})_(\d{4,})", texts)
    return {f"CVE-{year}-{number}" for year, number in by_name} | set(_WEAKNESS.findall(texts))


# Wheels are tested away from the checkout.
pytestmark = pytest.mark.skipif(
    not (_TOP / "SECURITY.md").exists(), reason="SECURITY.md is not beside these tests"
)


def test_the_table_is_read() -> None:
    assert len(_rows()) > 20
    assert len(set.union(*(weaknesses for weaknesses, _ in _rows()))) > 80


def test_every_test_that_is_named_exists() -> None:
    named = {test for _, tests in _rows() for test in tests}
    assert {test for test in named if test[1] not in _functions(test[0])} == set()


def test_every_row_names_a_test() -> None:
    assert [weaknesses for weaknesses, tests in _rows() if not tests] == []


def test_the_readme_counts_them_right() -> None:
    """Those that fasthttp never has, and those beyond them that it has not where it is strict."""
    tables = (_TOP / "SECURITY.md").read_text(encoding="utf-8").split("By default fasthttp reads ")
    never, leniencies = (set(re.findall(r"CVE-\d{4}-\d{4,}", table)) for table in tables)
    readme = " ".join((_TOP / "README.md").read_text(encoding="utf-8").split())
    said = re.search(r"(\d+) CVEs of such .* and (\d+) more that .* `strict=True`", readme)
    assert said is not None
    assert [int(number) for number in said.groups()] == [len(never), len(leniencies - never)]


def test_what_is_said_to_be_replayed_is() -> None:
    for weaknesses, tests in _rows():
        if {path for path, _ in tests} <= _REPLAYED:
            assert weaknesses <= _replayed()


def test_what_is_replayed_is_in_the_table() -> None:
    listed = set.union(*(weaknesses for weaknesses, _ in _rows()))
    assert _replayed() <= listed
    named = {test for _, tests in _rows() for test in tests}
    written = {(path, name) for path in _REPLAYED for name in _functions(path)}
    assert {test for test in written if test[1].startswith("test_")} <= named
