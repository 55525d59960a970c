"""Runs csrc/'s own tests and fuzz targets (tests/csrc/Makefile), and sees that they ran cases.

With CI=true nothing may be missing; elsewhere a test says what it lacks, and is skipped.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).resolve().parent
PROGRAMS = {"test_headers", "test_head_bytes", "test_chunks", "test_request", "test_watch"}
VARIANTS = {"plain", "scalar", "sanitized"}
FUZZERS = {"fuzz_status_line", "fuzz_fields", "fuzz_same_name", "fuzz_chunks", "fuzz_request"}

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the Makefile is for a POSIX shell"),
    pytest.mark.timeout(900),
]


def lacks(what: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and with CI=true it may not be missing")
    pytest.skip(what)


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    # A make that runs these tests must not hand its own flags and job server to this one.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    jobs = str(os.cpu_count() or 1)
    return subprocess.run(
        ["make", "-s", "-C", str(HERE), "-j", jobs, *arguments],
        env=env,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def need_make() -> None:
    if shutil.which("make") is None:
        lacks("make is not there")


def test_c_programs() -> None:
    need_make()
    compilers = 1  # the one that the Makefile is told to use
    if "CC" not in os.environ:
        compilers = sum(shutil.which(name) is not None for name in ("gcc", "clang"))
    if compilers == 0:
        lacks("there is neither gcc nor clang")
    done = make("test")
    assert done.returncode == 0, done.stdout
    found = re.findall(r"^(\S+)-(\w+) (\w+): (\d+) cases", done.stdout, re.MULTILINE)
    cases = {(compiler, variant, name): int(n) for compiler, variant, name, n in found}
    names = {compiler for compiler, _, _ in cases}
    assert len(names) == compilers
    assert set(cases) == {(c, v, p) for c in names for v in VARIANTS for p in PROGRAMS}
    assert all(n > 0 for n in cases.values()), cases


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "darwin", reason="Apple's clang comes without libFuzzer")
def test_fuzz_targets() -> None:
    need_make()
    compiler = os.environ.get("CC", "")
    clang = os.environ.get("FUZZ_CC", compiler if "clang" in compiler else "clang")
    if shutil.which(clang.split()[0]) is None:
        lacks(f"{clang} is not there")
    done = make("fuzz", "FUZZ_SECONDS=5", f"FUZZ_CC={clang}")
    if done.returncode != 0 and "has no libFuzzer" in done.stdout:
        lacks(f"{clang} has no libFuzzer")
    assert done.returncode == 0, done.stdout
    runs = dict(re.findall(r"^(fuzz_\w+) (\d+) inputs", done.stdout, re.MULTILINE))
    assert set(runs) == FUZZERS
    assert all(int(n) > 0 for n in runs.values()), runs
