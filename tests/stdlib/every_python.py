"""One command for all: the suites, and the corpus, on every CPython 3.10 or newer found here.

    python -m tests.stdlib.every_python                        # all under pyenv and on PATH
    python -m tests.stdlib.every_python 3.10 /opt/bin/python3.13
    python -m tests.stdlib.every_python --corpus ../shared/corpus

For each one the checkout is copied, installed from the copy into a fresh virtual environment,
and tested there with both implementations, swapped for `http.client` and with
`fasthttp.install()`. A Python that was found but not asked for by name may
lack venv or the `test` package: it is said and passed over. The exit status is 1 if anything
was not as it should be.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from . import interpreters
from .contradictions import contradictions
from .interpreters import Interpreter
from .suites import EXTENSION, INSTALL_SUITES, SUITES, Run, SuiteError, compare, run_suite

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = "{:<8} {:<40} {:<14} {:>5} {:>7} {:>9}"
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "venv", "build", "dist", "*.egg-info", "*.so", "__pycache__", ".*_cache"
)


class SetupError(Exception):
    """A Python in which the checkout could not be installed."""


def call(command: Sequence[str | Path], **environment: str) -> str:
    """Run `command`, with `environment` added to this one's; return what it printed."""
    process = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode:
        shown = " ".join(str(part) for part in command)
        raise SetupError(f"{shown}: exit status {process.returncode}\n{process.stdout[-3000:]}")
    return process.stdout


def install(interpreter: Interpreter, scratch: Path) -> Path:
    """Install the checkout into a fresh virtual environment; return that one's python.

    `scratch` gets a copy of the tests as well: beside the checkout's `fasthttp`, they would
    test that one.
    """
    environment = scratch / "venv"
    call([interpreter.python, "-m", "venv", environment])
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    source = scratch / "source"
    shutil.copytree(ROOT, source, ignore=NOT_COPIED)
    call([python, "-m", "pip", "install", "-q", source], FASTHTTP_EXTENSION="1")
    (source / "tests").rename(scratch / "tests")
    shutil.rmtree(source)
    return python


def _row(interpreter: Interpreter, what: str, how: str, *counts: object) -> str:
    return COLUMNS.format(interpreter.label, what, how, *counts)


def run_suites(interpreter: Interpreter, python: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield a row of the table, and what is wrong, for each suite and implementation."""
    ways = [("swapped", how, SUITES) for how in EXTENSION]
    ways += [("installed", how, INSTALL_SUITES) for how in EXTENSION]
    with ThreadPoolExecutor(4) as pool:
        owns = {suite: pool.submit(run_suite, python, suite, None) for suite in INSTALL_SUITES}
        runs: dict[tuple[str, str, str], Future[Run]] = {
            (way, suite, how): pool.submit(
                run_suite, python, suite, how, install=way == "installed"
            )
            for way, how, suites in ways
            for suite in sorted(suites, key="test_xmlrpc".__ne__)
        }
        for suite, future in owns.items():
            own = future.result()
            yield _row(interpreter, suite, "own", own.run, len(own.passed), ""), []
            for way, how, suites in ways:
                if suite not in suites:
                    continue
                ours = runs[way, suite, how].result()
                swapped = way == "swapped"
                excused = contradictions(suite, interpreter.version) if swapped else {}
                found = compare(own, ours, how, excused)
                differing = f"{len(found.contradicting)}+{len(found.wrong)}"
                label = how if swapped else f"{how}, install()"
                yield (
                    _row(interpreter, suite, label, ours.run, len(ours.passed), differing),
                    (found.wrong),
                )


def check_corpus(
    interpreter: Interpreter, python: Path, scratch: Path, corpus: Path, ways: str
) -> Iterator[tuple[str, list[str]]]:
    """Yield a row of the table, and what is wrong, for each implementation."""
    for how in EXTENSION:
        command = [python, "-m", "tests.corpus.check", "--ways", ways, "--implementation", how]
        process = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, "FASTHTTP_CORPUS": str(corpus.resolve())},
            cwd=scratch,
            capture_output=True,
            text=True,
            check=False,
        )
        said = process.stdout + process.stderr
        cases = said.partition("cases=")[2].split(" ")[0]
        verdict = "ok" if process.returncode == 0 else "WRONG"
        row = _row(interpreter, f"corpus {ways}", how, cases, "", verdict)
        yield row, [said[-6000:]] if process.returncode else []


def run_one(interpreter: Interpreter, corpus: Path | None, ways: str) -> list[str]:
    """Print the rows of one Python; return what is wrong with it."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fasthttp-every-") as directory:
        scratch = Path(directory)
        python = install(interpreter, scratch)
        results = [run_suites(interpreter, python)]
        if corpus:
            results.append(check_corpus(interpreter, python, scratch, corpus, ways))
        for result in results:
            for row, found in result:
                print(row, flush=True)
                wrong += (f"{' '.join(row.split()[:3])}: {line}" for line in found)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pythons", nargs="*", help="versions or paths; without: all there are")
    parser.add_argument("--corpus", type=Path, help="the response corpus, to be replayed as well")
    parser.add_argument("--ways", default="fake", help="how to replay it: fake, real, reuse")
    options = parser.parse_args()
    chosen, wrong = interpreters.choose(options.pythons)
    print(COLUMNS.format("Python", "suite", "with", "run", "passed", "differing"))
    for interpreter in chosen:
        if not options.pythons and interpreter.lacks:
            print(f"{interpreter.label:<10} passed over: {interpreter.python} has no", end=" ")
            print(" and no ".join(interpreter.lacks))
            continue
        try:
            wrong += run_one(interpreter, options.corpus, options.ways)
        except (SetupError, SuiteError) as error:
            wrong.append(f"{interpreter.label}: {error}")
            print(f"{interpreter.label:<10} FAILED")
    print("differing: tests contradicting CPython 3.15.2 + unexpected ones")
    print("\n".join(wrong) or "all as it should be")
    return int(bool(wrong) or not chosen)


if __name__ == "__main__":
    sys.exit(main())
