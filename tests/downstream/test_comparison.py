"""The judge of the suites cannot pass what did not run, or what ran without fasthttp."""

from __future__ import annotations

from typing import Any

import pytest

from .comparison import check_without, compare, is_flaky
from .known import KNOWN
from .pins import SUITES
from .runs import Run

WITHOUT: dict[str, Any] = {
    "mode": "without",
    "outcomes": {"a": "passed", "b": "passed", "c": "skipped", "d": "failed"},
    "details": {"d": "no network"},
    "imported_early": [],
    "installed": False,
    "implementation": None,
    "replaced": [],
    "gone": [],
    "torn": {},
    "calls": {"stdlib putrequest": 10},
    "files": [],
}
WITH: dict[str, Any] = {
    **WITHOUT,
    "mode": "before",
    "installed": True,
    "implementation": "c",
    "replaced": ["putrequest"],
    "calls": {"ours putrequest": 10},
}
FAILING = {"d": "network"}


def judged(**changed: Any) -> list[str]:
    """Return all that is wrong with a run that differs from a perfect one by `changed`."""
    found = compare(Run(**WITHOUT), Run(**{**WITH, **changed}), ())
    return found.wrong + found.differing


def test_a_perfect_run_passes() -> None:
    assert judged() == []
    assert check_without(Run(**WITHOUT), 2, FAILING, ()) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"installed": False}, "install() was not active"),
        ({"replaced": []}, "install() was not active"),
        ({"implementation": None}, "ran with implementation None"),
        ({"implementation": "py"}, "ran with implementation 'py'"),
        ({"gone": ["putrequest"]}, "at the end"),
        ({"torn": {"a": ["putrequest"]}}, "after a "),
        ({"imported_early": ["urllib3"]}, "imported before install()"),
        ({"calls": {}}, "0 calls came to fasthttp's functions"),
        (
            {"calls": {"ours putrequest": 10, "stdlib putrequest": 6}},
            "10 calls came to fasthttp's functions, and 6 of 10 to http.client's",
        ),
        ({"outcomes": {**WITHOUT["outcomes"], "a": "failed"}}, "a"),
        ({"outcomes": {**WITHOUT["outcomes"], "d": "passed"}}, "d"),
        ({"outcomes": {**WITHOUT["outcomes"], "e": "passed"}}, "e"),
        ({"outcomes": {}}, "b"),
    ],
)
def test_whatever_is_not_as_it_should_be_is_said(changed: dict[str, Any], says: str) -> None:
    assert any(line.startswith(says) for line in judged(**changed))


def test_only_what_is_listed_as_flaky_may_differ() -> None:
    run = Run(**{**WITH, "outcomes": {**WITHOUT["outcomes"], "a": "failed", "b": "failed"}})
    assert compare(Run(**WITHOUT), run, {"a": "flaky"}).differing == ["b"]


@pytest.mark.parametrize(
    ("changed", "failing", "flaky", "says"),
    [
        ({"outcomes": {}}, {}, {}, "only 0 tests passed"),
        ({"installed": True}, FAILING, {}, "fasthttp was active"),
        ({}, {**FAILING, "a": "network"}, {}, "stale entry in known.py: a: passed"),
        ({}, FAILING, {"z": "flaky"}, "stale entry in known.py: z: not run"),
    ],
)
def test_the_run_without_is_judged_too(
    changed: dict[str, Any], failing: dict[str, str], flaky: dict[str, str], says: str
) -> None:
    wrong = check_without(Run(**{**WITHOUT, **changed}), 2, failing, flaky)
    assert any(line.startswith(says) for line in wrong)


@pytest.mark.parametrize(
    ("without", "ours", "again", "flaky"),
    [
        ("passed", "failed", ["passed", "failed", "passed"], True),
        ("passed", "failed", ["passed", "passed", "passed"], False),
        ("passed", "failed", ["failed", "failed", "failed"], False),
        ("failed", "passed", ["passed", "passed", "passed"], True),
        ("passed", "not run", ["not run", "passed"], False),
        ("passed", "failed", [], False),
    ],
)
def test_what_is_flaky(without: str, ours: str, again: list[str], flaky: bool) -> None:
    assert is_flaky(without, ours, again) is flaky


def test_known_tests_are_of_known_suites() -> None:
    for known in KNOWN:
        assert known.suite in SUITES
        assert known.reason
