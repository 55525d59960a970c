"""Run other projects' test suites with and without `fasthttp.install()`, and compare.

    python -m tests.downstream.suites                      # all of them, on this Python
    python -m tests.downstream.suites requests urllib3
    python -m tests.downstream.suites --python 3.12        # a version, or a path
    python -m tests.downstream.suites --repeat 5           # what is flaky without fasthttp?

Every suite comes from its sdist, at the release in pins.py, and is run three times: without
fasthttp, with `install()` called before its library is imported, and with `install()` called
after. The exit status is 1 if any test came out differently, or anything else was not as it
should be. Python 3.12 or newer is needed, to count the calls.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..stdlib import interpreters
from ..stdlib.every_python import SetupError
from . import known
from .comparison import FAILURES, check_without, compare, is_flaky
from .environments import Environment, build_wheel, make_environment
from .pins import SUITES, Suite
from .runs import MODES, Run, RunError, run_suite

NEEDED = (3, 12)
COLUMNS = "{:<16} {:<8} {:>5} {:>7} {:>8} {:>7} {:>10} {:>6} {:>7}"
# "ours": calls of fasthttp's functions; "stdlib": calls of those that they stand in for
HEADINGS = ("suite", "mode", "run", "passed", "skipped", "failed", "differing", "ours", "stdlib")
# How often a test that came out differently is run again without fasthttp.
REPEATS = 5


@dataclass
class Verdict:
    """Of one suite: the rows of the table, what is to be noted, and what is wrong."""

    rows: list[str]
    notes: list[str]
    wrong: list[str]


def _row(suite: Suite, run: Run, replaced: Sequence[str], differing: object) -> str:
    counts = Counter(run.outcomes.values())
    failed = counts["failed"] + counts["error"]
    return COLUMNS.format(
        f"{suite.name} {suite.version}", run.mode, len(run.outcomes), run.passed,
        counts["skipped"], failed, differing,
        run.calls_of("ours", replaced), run.calls_of("stdlib", replaced),
    )  # fmt: skip


def _again(environment: Environment, tests: Collection[str]) -> list[Run]:
    """Run `tests` again without fasthttp, a few times."""
    return [run_suite(environment, "without", sorted(tests)) for _ in range(REPEATS) if tests]


def _told(environment: Environment, without: Run, run: Run) -> Iterator[tuple[str, bool]]:
    """Yield what to say about each test that came out differently, and whether that is wrong."""
    differing = compare(without, run, known.flaky(environment.suite.name)).differing
    again = _again(environment, without.outcomes.keys() & differing)
    for test in differing:
        first, ours, *others = (one.outcomes.get(test, "not run") for one in (without, run, *again))
        told = f"{run.mode}: {test}: {ours}, without fasthttp {first}"
        if is_flaky(first, ours, others):
            yield f"{told}, and again {' '.join(others)}: flaky, list it", False
        else:
            yield f"{told}: {run.details.get(test, '')[-1500:]}", True


def _unlisted(environment: Environment, without: Run) -> Iterator[tuple[str, bool]]:
    """Yield the same of each test that fails without fasthttp, and is not listed."""
    name = environment.suite.name
    listed = known.failing(name).keys() | known.flaky(name).keys()
    tests = {test for test, outcome in without.outcomes.items() if outcome in FAILURES} - listed
    again = _again(environment, tests)
    for test in sorted(tests):
        passed = any(run.outcomes.get(test) == "passed" for run in again)
        told = f"{test}: fails without fasthttp{', sometimes' if passed else ''}: list it"
        yield f"{told}: {without.details.get(test, '')[-300:]}", not passed


def judge(environment: Environment, runs: dict[str, Run]) -> Verdict:
    """Judge the suite by its runs in each mode."""
    suite = environment.suite
    without = runs["without"]
    flaky = known.flaky(suite.name)
    rows = [_row(suite, without, runs["before"].replaced, "")]
    wrong = check_without(without, suite.least, known.failing(suite.name), flaky)
    told = list(_unlisted(environment, without))
    for mode in MODES[1:]:
        wrong += (f"{mode}: {line}" for line in compare(without, runs[mode], flaky).wrong)
        differences = list(_told(environment, without, runs[mode]))
        rows.append(_row(suite, runs[mode], runs[mode].replaced, len(differences)))
        told += differences
    notes = [line for line, is_wrong in told if not is_wrong]
    wrong += (line for line, is_wrong in told if is_wrong)
    return Verdict(rows, notes, [f"{suite.name}: {line}" for line in wrong])


def run_all(environments: Sequence[Environment]) -> Iterator[Verdict]:
    """Run every suite in every mode, three at a time; yield what `judge` says of each suite."""
    with ThreadPoolExecutor(len(MODES)) as pool:
        started: dict[tuple[str, str], Future[Run]] = {
            (environment.suite.name, mode): pool.submit(run_suite, environment, mode)
            for environment in environments
            for mode in MODES
        }
        for environment in environments:
            name = environment.suite.name
            yield judge(environment, {mode: started[name, mode].result() for mode in MODES})


def unsteady(environment: Environment, times: int) -> list[str]:
    """Run the suite `times` without fasthttp; return where known.py has it otherwise."""
    suite = environment.suite
    with ThreadPoolExecutor(len(MODES)) as pool:
        runs = list(pool.map(lambda _: run_suite(environment, "without"), range(times)))
    flaky, failing, wrong = known.flaky(suite.name), known.failing(suite.name), []
    for test in sorted(set().union(*(run.outcomes for run in runs), flaky)):
        outcomes = Counter(run.outcomes.get(test, "not run") for run in runs)
        fails = not outcomes.keys() - set(FAILURES)
        if (len(outcomes) > 1) != (test in flaky) or (fails and test not in failing):
            said = ", ".join(f"{outcome} {count}x" for outcome, count in outcomes.items())
            wrong.append(f"{suite.name}: {test}: {said}; known.py has it otherwise")
    for run in runs:
        wrong += check_without(run, suite.least, failing, flaky)
    return wrong


def prepare(python: str, names: Sequence[str], wheel: Path, scratch: Path) -> list[Environment]:
    """Make the environments of the suites called `names`."""
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(make_environment, python, SUITES[n], wheel, scratch) for n in names]
        return [future.result() for future in made]


def _run(python: str, names: Sequence[str], repeat: int) -> list[str]:
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fasthttp-downstream-") as directory:
        scratch = Path(directory)
        environments = prepare(python, names, build_wheel(python, scratch), scratch)
        if repeat:
            return [line for one in environments for line in unsteady(one, repeat)]
        print(COLUMNS.format(*HEADINGS))
        for verdict in run_all(environments):
            print("\n".join(verdict.rows + verdict.notes), flush=True)
            wrong += verdict.wrong
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="*", help=f"of {', '.join(SUITES)}; without: all")
    parser.add_argument("--python", default=sys.executable, help="a version, or a path")
    parser.add_argument("--repeat", type=int, default=0, help="run without fasthttp, so often")
    options = parser.parse_args()
    unknown = sorted(set(options.suites) - SUITES.keys())
    chosen, wrong = interpreters.choose([options.python])
    if unknown:
        parser.error(f"no suite is called {', '.join(unknown)}")
    if wrong or chosen[0].version < NEEDED:
        parser.error(f"{options.python}: no CPython 3.12 or newer")
    try:
        wrong = _run(chosen[0].python, options.suites or list(SUITES), options.repeat)
    except (SetupError, RunError) as error:
        wrong = [str(error)]
    print("\n".join(wrong) or "all as it should be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
