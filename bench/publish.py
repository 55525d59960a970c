"""Measure all that README.md and docs/ show, and write it there, in about a quarter of an hour.

    python -m bench.publish

Run it on an idle machine, in an environment of an optimised Python, such as Debian's own, with the
extras "bench" and "web". `--quick` tries it in a few minutes: not for publication.
"""

import argparse
import subprocess
import sys

from .report import HOME, RUNS


def main() -> int:
    """Measure, write; return the exit status of what failed, or 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few rounds of each")
    rounds = ("--rounds", "3") if parser.parse_args().quick else ()
    requests, install, web = (file.relative_to(HOME).as_posix() for file in RUNS)
    for arguments in (
        ("bench.web", "--json", web, *rounds),
        ("fasthttp", "bench", "--against", "all", "--json", requests, *rounds),
        ("fasthttp", "bench", "--install", "--json", install, *rounds),
        ("bench.report",),
    ):
        print(f"\n{' '.join(('python', '-m', *arguments))}", flush=True)
        done = subprocess.run([sys.executable, "-m", *arguments], cwd=HOME, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
