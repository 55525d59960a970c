"""Find the CPythons of this machine: those under pyenv, and those on PATH."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 10)

_ASK = """
import importlib.util, json, platform, sys, sysconfig
def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": sys.version_info[:2],
    "label": platform.python_version() + sys.abiflags,
    "prefix": sys.base_prefix,
    "lacks": [name for name in ("ensurepip", "test.test_httplib") if not found(name)],
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """One Python; `lacks` are the modules that the suites need and that it has not."""

    python: str
    label: str
    version: tuple[int, int]
    prefix: str
    lacks: tuple[str, ...]


def ask(python: str) -> Interpreter | None:
    """Return what `python` says of itself, or None if it is no CPython, or too old, or broken."""
    try:
        said = subprocess.run(
            [python, "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=60,
        )
        told = json.loads(said.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    version = told["version"][0], told["version"][1]
    if told["implementation"] != "CPython" or version < OLDEST:
        return None
    lacks = tuple(told["lacks"])
    return Interpreter(python, told["label"], version, told["prefix"], lacks)


def _pyenv_root() -> Path | None:
    root = os.environ.get("PYENV_ROOT")
    if not root and shutil.which("pyenv"):
        command = ["pyenv", "root"]
        root = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return Path(root) if root else None


def candidates() -> Iterator[str]:
    """Yield the path of all that may be a Python, the ones under pyenv first."""
    root = _pyenv_root()
    if root:
        yield from sorted(map(str, root.glob("versions/*/bin/python3")))
    for directory in os.get_exec_path():
        if root and Path(directory) == root / "shims":
            continue
        for path in sorted(Path(directory).glob("python3.*")):
            if re.fullmatch(r"python3\.\d+t?", path.name):
                yield str(path)


def find() -> list[Interpreter]:
    """Return every CPython that is new enough, each but once, the oldest first."""
    found: dict[tuple[str, str], Interpreter] = {}
    for python in candidates():
        interpreter = ask(python)
        if interpreter:
            found.setdefault((interpreter.prefix, interpreter.label), interpreter)
    return sorted(found.values(), key=lambda one: (one.version, one.label))


def choose(names: Sequence[str]) -> tuple[list[Interpreter], list[str]]:
    """Return the Pythons called `names` (versions or paths; none: all), and what was not found."""
    everything = find() if not names or any(re.match(r"3\.\d", name) for name in names) else []
    chosen, wrong = [] if names else everything, []
    for name in names:
        if re.match(r"3\.\d", name):
            matching = [one for one in everything if f"{one.label}.".startswith(f"{name}.")]
            matching.sort(key=lambda one: not one.lacks)
        else:
            matching = [one for one in (ask(name),) if one]
        if matching:
            chosen.append(matching[-1])
        else:
            wrong.append(f"{name}: no CPython {OLDEST[0]}.{OLDEST[1]} or newer is found there")
    return chosen, wrong
