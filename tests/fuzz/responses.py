"""Fuzz the whole response path: random bytes as a server's answer, and what comes of them judged.

    python -m tests.fuzz.responses --seconds 60
    python -m tests.fuzz.responses --seconds 3600 --judge path/to/3.15/http/client.py
    python -m tests.fuzz.responses --input tests/fuzz/build/findings/0123456789ab.input
    python -m tests.fuzz.responses --target incoming --seconds 60

What must hold is listed in verdict.py, in incoming.py for what is fed to `fasthttp.incoming`, whose
judge is fasthttp's own `HTTPResponse`, and in the module of the target's name. With
atheris (the extra "fuzz") inputs are guided by the branches that they take; without it, or with
--engine generated, by the lines that they reach. With atheris, --sanitized builds the compiled
modules for AddressSanitizer first, with clang. The judge is the running Python's http.client unless
another is named; the newer, the stricter. Findings are made small and kept in
tests/fuzz/build/findings, or build/<target>/findings; any makes the exit status 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import sanitized
from .generated import Engine
from .mutation import most_seeds
from .target import NAMES, Target, load_verdict

BUILD = Path(__file__).resolve().parent / "build"
#: In seconds: what atheris takes to start, and to play the seeds, on a busy machine.
_PATIENCE = 600


def _guided(options: argparse.Namespace) -> tuple[int, str, dict[str, str], bool]:
    """Run atheris in a process of its own, since it ends the one in which it runs."""
    command = [sys.executable, "-m", "tests.fuzz.guided"]
    command += ["--judge", str(Path(options.judge).resolve())] if options.judge else []
    command += ["--target", options.target, "--seeds", str(most_seeds(options.seconds))]
    command += [str(options.directory.resolve()), "--", f"-max_total_time={options.seconds}"]
    where, environment = sanitized.ROOT, None
    if options.sanitized:
        where, environment = sanitized.build(options.directory), sanitized.environment()
    log = options.directory / "guided.log"
    options.directory.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        process = subprocess.run(
            command,
            cwd=where,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=options.seconds + _PATIENCE,
            check=False,
        )
    text = log.read_text(errors="replace")
    kinds = dict(re.findall(r"^FINDING (\w+) (.*)$", text, re.MULTILINE))
    runs = re.findall(r"stat::number_of_executed_units: *(\d+)", text)
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", text)
    ended = process.returncode == 0 and bool(runs and coverage)
    if not ended:
        print(text[-4000:], file=sys.stderr)
    told = "cov: {} ft: {}".format(*coverage[-1]) if coverage else "no coverage"
    return int(runs[-1]) if runs else 0, told, kinds, ended


def _generated(options: argparse.Namespace) -> tuple[int, str, dict[str, str], bool]:
    verdict, decode = load_verdict(options.target, options.judge)
    target = Target(verdict, options.directory / "findings", decode)
    coverage = Engine(target, options.seed).run(options.seconds)
    return target.executions, coverage, target.kinds, True


def _play_one(options: argparse.Namespace) -> int:
    verdict, decode = load_verdict(options.target, options.judge)
    plan = decode(options.input.read_bytes())
    print(plan)
    findings = verdict(plan)
    for finding in findings:
        print(f"{finding.kind}\n{finding.detail}")
    return int(bool(findings))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", choices=NAMES, default="responses")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--judge", help="the client.py of another CPython's http package")
    parser.add_argument("--engine", choices=("atheris", "generated"))
    parser.add_argument("--sanitized", action="store_true", help="C under ASan; needs atheris")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="of the generated ones")
    parser.add_argument("--input", type=Path, help="play this one, and say what is wrong with it")
    parser.add_argument("--directory", type=Path, help="default: a part of tests/fuzz/build")
    options = parser.parse_args(arguments)
    if options.directory is None:
        options.directory = BUILD if options.target == "responses" else BUILD / options.target
    if options.input:
        return _play_one(options)
    engine = "atheris" if options.sanitized else options.engine
    if engine is None:
        engine = "atheris" if importlib.util.find_spec("atheris") else "generated"
    run = _guided if engine == "atheris" else _generated
    executions, coverage, kinds, ended = run(options)
    how = engine if engine == "atheris" else f"{engine}, seed {options.seed}"
    print(f"{options.target} {executions} inputs, {coverage}, {len(kinds)} findings ({how})")
    for name in sorted(kinds, key=kinds.__getitem__):
        print((options.directory / "findings" / f"{name}.txt").read_text())
    return int(bool(kinds) or not ended)


if __name__ == "__main__":
    sys.exit(main())
