"""CONTRIBUTING.md sends nobody to a file or a function that is not there; nor do the forms for
issues to a command.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fasthttp import __version__
from fasthttp.__main__ import _parser

from .source import ROOT

_TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
_ROWS = re.findall(r"^\| [^|]+ \| (`[^|]+) \| (`[^|]+) \|$", _TEXT, re.MULTILINE)
# None where there is no checkout: an sdist does not have them.
_FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


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


@pytest.mark.parametrize("form", _FORMS, ids=lambda path: path.stem)
def test_commands_that_forms_ask_for_are_there(form: Path) -> None:
    commands = re.findall(r"`python -m fasthttp ([^`]+)`", form.read_text("utf-8"))
    assert form.stem in ("config", "idea") or "info" in commands
    for command in commands:
        first, *rest = shlex.split(command)
        if first != "run":  # which takes its arguments apart by itself
            assert _parser().parse_args([first, *rest]).command == first


def test_the_version_is_that_of_the_first_section_of_changes() -> None:
    headings = re.findall(r"^## (\S+) \(", (ROOT / "CHANGES.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == __version__
    assert len(headings) == len(set(headings))


def test_a_pull_request_is_sent_to_files_that_are_there() -> None:
    template = ROOT / ".github/PULL_REQUEST_TEMPLATE.md"
    if not template.parent.exists():
        pytest.skip("there is no checkout")
    names = re.findall(r"(?<!\w)([\w./]+\.md|\.ci/\w+)(?!\w)", template.read_text("utf-8"))
    assert len(names) > 3
    for name in names:
        assert (ROOT / name).is_file(), name
