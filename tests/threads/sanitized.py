"""The compiled modules under ThreadSanitizer: `python -m tests.threads.sanitized [TESTS]`.

Needs clang, and a CPython of `CC=clang ./configure --disable-gil --with-thread-sanitizer` whose
sources are still where it was built: what CPython does not want reported is listed there. Prints
the reports of races in fasthttp's C or Cython, and fails if there are any; counts the others, which
are CPython's own.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..fuzz.sanitized import build

TESTS = ("tests/threads", "tests/codec", "tests/client")
_FLAGS = "-O1 -g -fno-omit-frame-pointer -fsanitize=thread"
_SUPPRESSIONS = "Tools/tsan/suppressions_free_threading.txt"
# A frame of ours, as the innermost or as its caller: what lies deeper is for CPython to lock.
_OURS = re.compile(
    r"^ +#[01] .*(?:fasthttp/_(?:codec|guard|stream)/|csrc/fh_|_c\.cpython-)", re.MULTILINE
)


def _options(logs: Path) -> str:
    suppressions = Path(sysconfig.get_config_var("abs_srcdir") or "") / _SUPPRESSIONS
    if "-fsanitize=thread" not in (sysconfig.get_config_var("CFLAGS") or ""):
        sys.exit(f"{sys.executable} was not built --with-thread-sanitizer")
    if not suppressions.is_file():
        sys.exit(f"there is no {suppressions}")
    return f"suppressions={suppressions}:log_path={logs / 'report'}:halt_on_error=0:exitcode=0"


def _reports(logs: Path) -> Iterator[str]:
    for log in sorted(logs.iterdir()):
        for part in log.read_text("utf-8", "replace").split("=" * 18):
            if "WARNING: ThreadSanitizer" in part:
                yield part.strip()


def _place(report: str) -> str:
    """Where it happened, and in which function."""
    summary = report.rpartition("SUMMARY: ThreadSanitizer: ")[2].splitlines()
    return summary[0] if summary else "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tests", nargs="*", default=TESTS, help=f"default: {' '.join(TESTS)}")
    parser.add_argument("--threads", type=int, default=4, help="that run each test, at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fasthttp-tsan-") as directory:
        logs = Path(directory) / "logs"
        logs.mkdir()
        environment = os.environ | {"TSAN_OPTIONS": _options(logs)}
        tree = build(Path(directory), _FLAGS)
        # Tests that run alone would show nothing; nothing is in time here, so nothing is timed.
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=0"]
        command += [f"--parallel-threads={options.threads}", "--skip-thread-unsafe=1"]
        done = subprocess.run([*command, *options.tests], cwd=tree, env=environment, check=False)
        reports = list(_reports(logs))
    ours = [report for report in reports if _OURS.search(report)]
    for report in ours:
        print(report, end="\n\n")
    for place, count in Counter(_place(r) for r in reports if r not in ours).most_common():
        print(f"CPython's own, {count} times: {place}")
    print(f"{len(reports)} reports, {len(ours)} of them fasthttp's; pytest: {done.returncode}")
    sys.exit(bool(ours) or done.returncode)


if __name__ == "__main__":
    main()
