"""Run every fuzz target of the project: those of csrc (libFuzzer), the whole response path,
`fasthttp.incoming`, a pool among random servers, and the rules between an answer and a page.

    python -m tests.fuzz.all --seconds 60
    python -m tests.fuzz.all --seconds 1800 --only chunks        # or: responses, pool, ...

As many at a time as there are cores. Prints for each what it has executed, covered and found; any
finding, or a target that could not run, makes the exit status 1. Inputs that were interesting are
kept, and are where the next run starts: tests/csrc/build/fuzz, tests/fuzz/build.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_CSRC = _ROOT / "tests" / "csrc"
_LOGS = _CSRC / "build" / "fuzz"
#: As in target.py, which imports the package.
_IN_PYTHON = ("responses", "incoming", "pool", "urls", "cookies", "codings", "charsets")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # A make that runs this must not hand its own flags and job server to another one.
    makes = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    return subprocess.run(
        command,
        cwd=_ROOT,
        env={name: value for name, value in os.environ.items() if name not in makes},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _csrc_targets() -> list[str]:
    return sorted(path.stem.removeprefix("fuzz_") for path in _CSRC.glob("fuzz_*.c"))


def _build(names: Sequence[str]) -> None:
    """Compile first, and in one make: none of a target's time, and none meets another."""
    programs = [f"build/fuzz/fuzz_{name}" for name in names]
    done = _run(["make", "-s", "-C", str(_CSRC), "-j", str(os.cpu_count() or 1), *programs])
    if done.returncode:
        sys.exit(done.stdout)


def _fuzz_csrc(name: str, seconds: int) -> tuple[bool, str]:
    done = _run(
        ["make", "-s", "-C", str(_CSRC), f"run-fuzz_{name}", f"FUZZ_SECONDS={seconds}"],
    )
    log = _LOGS / f"fuzz_{name}.log"
    text = log.read_text(errors="replace") if log.exists() else ""
    runs = re.findall(r"stat::number_of_executed_units: *(\d+)", text)
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", text)
    passed = done.returncode == 0 and bool(runs and coverage)
    cov, ft = coverage[-1] if coverage else ("?", "?")
    inputs, findings = runs[-1] if runs else 0, int(not passed)
    told = f"{name} {inputs} inputs, cov: {cov} ft: {ft}, {findings} findings"
    return passed, told if passed else f"{told}\n{done.stdout}"


def _fuzz_python(name: str, options: argparse.Namespace) -> tuple[bool, str]:
    command = [sys.executable, "-m", "tests.fuzz.responses", "--target", name]
    command += ["--seconds", str(options.seconds)]
    command += ["--judge", options.judge] if options.judge else []
    command += ["--sanitized"] if options.sanitized else []
    done = _run(command)
    return done.returncode == 0, done.stdout.rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [*_csrc_targets(), *_IN_PYTHON]
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs")
    parser.add_argument("--only", choices=names, action="append")
    parser.add_argument("--judge", help="for responses: the client.py of another CPython")
    parser.add_argument("--sanitized", action="store_true", help="those in Python: C under ASan")
    options = parser.parse_args(arguments)
    chosen = options.only or names
    in_c = [name for name in chosen if name not in _IN_PYTHON]
    if in_c:
        _build(in_c)
    in_python = [name for name in chosen if name in _IN_PYTHON]
    jobs: list[Callable[[], tuple[bool, str]]]
    jobs = [partial(_fuzz_python, name, options) for name in in_python]
    jobs += [partial(_fuzz_csrc, name, options.seconds) for name in in_c]
    failed = False
    with ThreadPoolExecutor(os.cpu_count() or 1) as crew:
        for result in [crew.submit(job) for job in jobs]:
            passed, told = result.result()
            failed = failed or not passed
            print(told, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
