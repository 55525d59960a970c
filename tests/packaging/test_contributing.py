"""CONTRIBUTING.md sends nobody to a file or a function that is not there."""

from __future__ import annotations

import re

import pytest

from .source import ROOT

_TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
_ROWS = re.findall(r"^\| [^|]+ \| (`[^|]+) \| (`[^|]+) \|$", _TEXT, re.MULTILINE)


def test_every_row_is_read() -> None:
    section = _TEXT.partition("## Where to begin")[2].partition("\n## ")[0]
    heading, *rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert heading.endswith("its tests |")
    assert len(rows) == len(_ROWS) > 10


@pytest.mark.parametrize(("begin", "tests"), _ROWS)
def test_what_the_table_names_is_there(begin: str, tests: str) -> None:
    names = re.findall(r"`([^`]+)`", f"{begin} {tests}")
    source = ""
    for name in names:
        if "/" in name:
            assert (ROOT / name).is_file(), name
            source = (ROOT / name).read_text("utf-8")
        else:
            assert re.search(rf"^ *(?:def|\w[\w *]*?) \**{name}\(", source, re.MULTILINE), name


@pytest.mark.parametrize("name", re.findall(r"python -m (tests\.[\w.]+)", _TEXT))
def test_commands_are_there(name: str) -> None:
    assert (ROOT / name.replace(".", "/")).with_suffix(".py").is_file()
