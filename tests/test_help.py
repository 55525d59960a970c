"""What a newcomer is told: by `help(fasthttp)`, and by `python -m fasthttp` alone."""

from __future__ import annotations

import ast
import inspect
import operator
import pydoc
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import fasthttp
import fasthttp.incoming
from fasthttp.__main__ import _parser

_WAYS = ("fasthttp.fetch(", "import fasthttp.client as client", "fasthttp.install()")


def _commands(text: str) -> list[list[str]]:
    lines = re.findall(r"^ +python -m fasthttp (\w.*?)(?:   .*)?$", text, re.MULTILINE)
    return [shlex.split(line) for line in lines]


def _check(text: str) -> None:
    """The three ways, in this order, and commands that there are."""
    at = [text.index(way) for way in _WAYS]
    assert at == sorted(at)
    commands = _commands(text)
    assert {command for command, *_ in commands} >= {"fetch", "run", "bench"}
    for command, *arguments in commands:
        if command == "run":  # which takes its arguments apart by itself
            assert arguments[0] == "--report"
        else:
            assert _parser().parse_args([command, *arguments]).command == command


def test_help_of_the_package() -> None:
    assert fasthttp.__doc__ is not None
    _check(fasthttp.__doc__)
    shown = pydoc.plain(pydoc.render_doc(fasthttp))
    assert shown.index(_WAYS[0]) < shown.index("PACKAGE CONTENTS")
    for name in re.findall(r"help\(fasthttp\.(\w+)\)", fasthttp.__doc__):
        assert f" {name}" in shown
        assert name in fasthttp.__all__


def test_the_programs_in_it_are_programs() -> None:
    assert fasthttp.__doc__ is not None
    blocks = re.findall(r"(?:^    .*\n|^\n)+", fasthttp.__doc__, re.MULTILINE)
    programs = [block for block in map(textwrap.dedent, blocks) if "import fasthttp" in block]
    assert len(programs) == 1
    ast.parse(programs[0])


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_command_alone(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "fasthttp", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == (0 if arguments else 2)
    text = done.stdout if arguments else done.stderr
    assert text.startswith("usage: python -m fasthttp ")
    assert max(map(len, text.splitlines())) <= 100
    _check(text)


def _ours() -> list[str]:
    """The public names that are fasthttp's own functions and classes."""
    found = {name: getattr(fasthttp, name) for name in fasthttp.__all__}
    return [
        name
        for name, value in found.items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__.startswith("fasthttp")
    ]


@pytest.mark.parametrize("name", _ours())
def test_everything_public_has_its_help(name: str) -> None:
    """Functions, classes, and what classes have of their own."""
    value = getattr(fasthttp, name)
    assert inspect.getdoc(value)
    if not inspect.isclass(value):
        return
    for each, member in vars(value).items():
        if each.startswith("_") or not (callable(member) or isinstance(member, property)):
            continue
        assert inspect.getdoc(getattr(value, each)), f"{name}.{each}"


#: What help() shows of a class that is fasthttp's own alone is public, and the reference has it.
_OWN = (
    "AsyncRun",
    "Cookies",
    "Page",
    "Pool",
    "Run",
    "incoming.ResponseHead",
    "incoming.ResponseParser",
)


@pytest.mark.parametrize("name", _OWN)
def test_help_shows_nothing_internal(name: str) -> None:
    own = operator.attrgetter(name)(fasthttp)
    path = Path(__file__).parent.parent / "docs" / "reference.rst"
    reference = path.read_text(encoding="utf-8")
    _, _, described = reference.partition(f"autoclass:: fasthttp.{name}")
    described, _, _ = described.partition(".. autoclass::")
    members = re.findall(r"^   \.\. auto\w+:: (\w+)$", described, re.MULTILINE)
    assert sorted(members) == sorted(each for each in vars(own) if not each.startswith("_"))
