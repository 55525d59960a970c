"""What a suite runs in: its sdist, and a virtual environment with it, its packages and fasthttp."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from ..stdlib.every_python import NOT_COPIED, ROOT, SetupError, call
from .pins import Suite

PIP = ("-m", "pip", "--disable-pip-version-check")
IN_CI = os.environ.get("CI") == "true"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Environment:
    """A Python that has the suite's library, and where its tests are."""

    suite: Suite
    python: Path
    source: Path


def build_wheel(python: str, scratch: Path) -> Path:
    """Build fasthttp's wheel, with C, from a copy of the checkout."""
    source = scratch / "checkout"
    shutil.copytree(ROOT, source, ignore=NOT_COPIED)
    into = scratch / "wheel"
    call([python, *PIP, "wheel", "-q", "--no-deps", "-w", into, source], FASTHTTP_EXTENSION="1")
    (wheel,) = into.glob("*.whl")
    return wheel


def make_venv(python: str, directory: Path) -> Path:
    """Make a virtual environment in `directory`; return its Python."""
    call([python, "-m", "venv", directory])
    return directory / "bin" / "python"


def pip_install(python: Path, *what: str | Path) -> None:
    """Install into the environment of `python`."""
    call([python, *PIP, "install", "-q", *what])


def make_environment(python: str, suite: Suite, wheel: Path, scratch: Path) -> Environment:
    """Download the sdist, and install the same release and what its tests need beside fasthttp."""
    release = f"{suite.name}=={suite.version}"
    own = make_venv(python, scratch / suite.name / "venv")
    pip_install(own, release, wheel, "-r", suite.requirements)
    into = scratch / suite.name / "sdist"
    call([own, *PIP, "download", "-q", "--no-deps", "--no-binary=:all:", "-d", into, release])
    (archive,) = into.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(into, filter="data")
    return Environment(suite, own, into / archive.name.removesuffix(".tar.gz"))


def or_skip(make: Callable[[], Made]) -> Made:
    """Return what `make` makes; skip where there is no package index, but not in CI."""
    try:
        return make()
    except SetupError as error:
        if IN_CI:
            raise
        pytest.skip(f"the package index is needed: {error}")
