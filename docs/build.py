"""Build the documentation into docs/_build/html and run its examples: `python docs/build.py`.

Warnings are errors. Needs the extra "docs"; the network is not used. Exits with 1 where something
is wrong.
"""

import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_OUT = _HERE / "_build"


def _sphinx(builder: str) -> int:
    """Run one builder; its exit status."""
    options = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet", "--fresh-env"]
    command = [sys.executable, "-m", "sphinx", "-b", builder, *options, str(_HERE)]
    return subprocess.run([*command, str(_OUT / builder)], check=False).returncode


def main() -> int:
    """Run the examples, then build the pages; 1 where either fails."""
    failed = [builder for builder in ("doctest", "html") if _sphinx(builder) != 0]
    for builder in failed:
        print(f"failed: {builder}", file=sys.stderr)
    if not failed:
        print(f"built: {_OUT / 'html' / 'index.html'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
