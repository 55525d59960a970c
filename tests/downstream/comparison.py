"""What a run with `install()` did differently from the run without it, and what a run must be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .runs import Run

FAILURES = ("failed", "error")
# The share of http.client's calls that may remain; above it, fasthttp was there, but not at work.
MOST_REMAINING = 0.5


@dataclass
class Comparison:
    """`differing`: the tests that came out otherwise. `wrong`: all else that must not be."""

    differing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def check_without(
    run: Run, least: int, failing: Mapping[str, str], flaky: Collection[str]
) -> list[str]:
    """Return what is wrong with the run without fasthttp that others are to be compared with."""
    wrong = []
    if run.installed or run.replaced or run.implementation:
        wrong.append("fasthttp was active in the run without it")
    if run.passed < least:
        wrong.append(f"only {run.passed} tests passed, not {least}: the suite was left out")
    for test in sorted(failing):
        if run.outcomes.get(test) not in FAILURES:
            outcome = run.outcomes.get(test, "not run")
            wrong.append(f"stale entry in known.py: {test}: {outcome} without fasthttp")
    gone = sorted(set(flaky) - run.outcomes.keys())
    wrong += (f"stale entry in known.py: {test}: not run" for test in gone)
    return wrong


def check_active(without: Run, run: Run) -> list[str]:
    """Return what shows that fasthttp was not, or not always, at work in `run`."""
    wrong = []
    if run.implementation != "c":
        wrong.append(f"ran with implementation {run.implementation!r}")
    if not run.installed or not run.replaced:
        wrong.append(f"install() was not active: {len(run.replaced)} functions replaced")
    if run.gone:
        wrong.append(f"at the end these were no longer ours: {', '.join(run.gone)}")
    for test, names in sorted(run.torn.items()):
        wrong.append(f"after {test} these were no longer ours: {', '.join(names)}")
    if run.mode == "before" and run.imported_early:
        wrong.append(f"imported before install(): {', '.join(run.imported_early)}")
    ours = run.calls_of("ours", run.replaced)
    before, after = (one.calls_of("stdlib", run.replaced) for one in (without, run))
    if not ours or after > before * MOST_REMAINING:
        wrong.append(
            f"{ours} calls came to fasthttp's functions, and {after} of {before} to http.client's"
        )
    return wrong


def compare(without: Run, run: Run, flaky: Collection[str]) -> Comparison:
    """Compare the outcomes of `run`, with `install()`, with those `without`, test by test."""
    found = Comparison(wrong=check_active(without, run))
    for test in sorted(without.outcomes.keys() | run.outcomes.keys()):
        outcomes = without.outcomes.get(test, "not run"), run.outcomes.get(test, "not run")
        if outcomes[0] != outcomes[1] and test not in flaky:
            found.differing.append(test)
    return found


def is_flaky(without: str, ours: str, again: Collection[str]) -> bool:
    """Say whether a test that came out as `ours`, not as `without`, does so by itself.

    `again` are its outcomes when it was run again without fasthttp. That it fails there each time
    is no excuse: it may only need the tests before it.
    """
    return ours in again and ours != "not run" and (ours == "passed" or without in again)
