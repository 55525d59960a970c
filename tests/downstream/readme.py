"""Write the table of what fasthttp was tested with: `python -m tests.downstream.readme`.

It is made of pins.py, and stands in README.md beside this file; test_readme.py compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .known import KNOWN
from .pins import SUITES, TOOLS, tool_version

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- table: python -m tests.downstream.readme -->\n", "<!-- end of table -->\n"


def _suite_rows() -> list[str]:
    rows = []
    for suite in SUITES.values():
        excused = sum(known.suite == suite.name for known in KNOWN)
        result = f"the same {suite.least:,} or more tests pass, test by test"
        if excused:
            result += f" ({excused} fail without fasthttp too)"
        rows.append(f"| {suite.name} | {suite.version} | its own tests: {suite.scope} | {result} |")
    return rows


def _tool_rows() -> list[str]:
    return [
        f"| {package} | {tool_version(package)} | {tool.observed} | the same, in both orders |"
        for tool in TOOLS.values()
        for package in tool.packages
    ]


def table() -> str:
    """Return the table, in Markdown."""
    head = ["| library | release | what was run | result |", "|---|---|---|---|"]
    return "\n".join([*head, *_suite_rows(), *_tool_rows()]) + "\n"


def renewed(text: str) -> str:
    """Return `text` with the table between its marks made anew."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def main() -> int:
    README.write_text(renewed(README.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
