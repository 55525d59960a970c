"""Measure all that README.md and docs/ show, and write it there, in about a quarter of an hour.

    python -m bench.publish

Run it on an idle machine, in an environment of an optimised Python, such as Debian's own, with the
extras "bench" and "web". `--quick` tries it in a few minutes: not for publication. Where other
programs are running it does not begin, and writes nothing, unless `--busy` is given.
"""

import argparse
import os
import subprocess
import sys

from .report import HOME, MOST_LOAD, RUNS


def _load() -> float:
    """Return the load of this machine, per core; 0 where the system does not tell."""
    return os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 0.0


def main() -> int:
    """Measure, write; return the exit status of what failed, or 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few rounds of each")
    parser.add_argument("--busy", action="store_true", help="on a machine that is busy, too")
    given = parser.parse_args()
    rounds = ("--rounds", "3") if given.quick else ()
    busy = ("--busy",) if given.busy else ()
    load = _load()
    if load > MOST_LOAD and not busy:
        print(
            f"other programs are running (a load of {load:.1f} for each core), or were a minute"
            " ago: wait, or give --busy",
            file=sys.stderr,
        )
        return 1
    requests, install, web = (file.relative_to(HOME).as_posix() for file in RUNS)
    for arguments in (
        ("bench.web", "--json", web, *rounds),
        ("fasthttp", "bench", "--against", "all", "--json", requests, *rounds),
        ("fasthttp", "bench", "--install", "--json", install, *rounds),
        ("bench.report", *busy),
    ):
        print(f"\n{' '.join(('python', '-m', *arguments))}", flush=True)
        done = subprocess.run([sys.executable, "-m", *arguments], cwd=HOME, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
