"""examples/README.md: every program is in it, with a command that its own options take."""

from __future__ import annotations

import pytest

from .running import EXAMPLES, Runner

# The first test waits for the environment.
pytestmark = pytest.mark.timeout(600)

COMMANDS = [
    line.split()[1:]
    for line in (EXAMPLES / "README.md").read_text().splitlines()
    if line.startswith("    python ")
]


def test_every_program_has_a_command() -> None:
    """Programs are the files that can be run: they parse arguments."""
    programs = {
        str(path.relative_to(EXAMPLES.parent))
        for path in EXAMPLES.rglob("*.py")
        if "parse_args()" in path.read_text()
    }
    assert {program for program, *_ in COMMANDS} == programs


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_options_are_the_programs_own(runner: Runner, command: list[str]) -> None:
    """Each option of the command is in the help that the program prints."""
    said = runner.run(EXAMPLES.parent / command[0], "--help")
    for option in command[1:]:
        if option.startswith("--"):
            assert f"{option} " in said
