"""The table of what fasthttp was tested with is the table of what is tested."""

from __future__ import annotations

from pathlib import Path

from .pins import SUITES, TOOLS
from .readme import README, renewed


def test_table_is_up_to_date() -> None:
    text = README.read_text()
    assert renewed(text) == text, "run python -m tests.downstream.readme"


def test_every_tool_and_every_list_of_requirements_is_used() -> None:
    here = Path(__file__).parent
    assert {path.stem for path in (here / "tools").glob("with_*.py")} == {
        f"with_{name}" for name in TOOLS
    }
    assert {path.stem for path in (here / "requirements").glob("*.txt")} == {*SUITES, "tools"}
