"""The checkout's own files, and the sdist that is made of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """A step that failed; its message is the command, its status, and the end of what it said."""


def call(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run `command` in `cwd`; return what it printed. Raises `BuildError` if it fails.

    FASTHTTP_EXTENSION is what `environment` says, or unset.
    """
    inherited = {k: v for k, v in os.environ.items() if k != "FASTHTTP_EXTENSION"}
    process = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if process.returncode:
        shown = " ".join(str(part) for part in command)
        raise BuildError(f"{shown}: exit status {process.returncode}\n{process.stdout[-6000:]}")
    return process.stdout


def copy_checkout(into: Path) -> None:
    """Copy what git has, or would take, without anything built. Raises `BuildError` without git."""
    names = call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())


def build_sdist(into: Path) -> Path:
    """Make the sdist in `into`, without C, which it must hold all the same; return its path."""
    copy_checkout(into / "checkout")
    call(
        sys.executable, "-m", "build", "--sdist", "-o", into / "dist", into / "checkout",
        cwd=into, FASTHTTP_EXTENSION="0",
    )  # fmt: skip
    (made,) = (into / "dist").glob("*.tar.gz")
    return made


def unpack(sdist: Path, into: Path) -> Path:
    """Unpack the sdist under `into`; return its top directory."""
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = tarfile.data_filter
        archive.extractall(into)
    (top,) = into.iterdir()
    return top
