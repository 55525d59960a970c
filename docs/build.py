"""Build the documentation into docs/_build/html and run its examples: `python docs/build.py`.

Warnings are errors, and so is a link that leads nowhere. Needs the extra "docs" and Graphviz; the
network is not used. Exits with 1 where something is wrong.
"""

import subprocess
import sys
from pathlib import Path

from collect import README, CollectError, collect
from flowchart import FlowchartError
from links import broken

_HERE = Path(__file__).resolve().parent
_OUT = _HERE / "_build"
#: What Sphinx reads: see collect.py.
_PAGES = _OUT / "pages"


def _sphinx(builder: str, *more: str) -> int:
    """Run one builder; its exit status."""
    options = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet", "--fresh-env"]
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-c", str(_HERE), *options, *more]
    return subprocess.run([*command, str(_PAGES), str(_OUT / builder)], check=False).returncode


def main() -> int:
    """Run the examples, then build the pages and follow their links; 1 where something fails."""
    try:
        collect(_PAGES)
    except (CollectError, FlowchartError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    failed = [
        builder
        for builder, *more in (("doctest",), ("html", "-D", f"exclude_patterns={README}"))
        if _sphinx(builder, *more) != 0
    ]
    if "html" not in failed and (found := broken(_OUT / "html")):
        print("\n".join(found), file=sys.stderr)
        failed.append("links")
    for builder in failed:
        print(f"failed: {builder}", file=sys.stderr)
    if not failed:
        print(f"built: {_OUT / 'html' / 'index.html'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
