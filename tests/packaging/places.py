"""Where a Python runs: on this system, or on another one that lies in a directory.

The other one is Debian sid, which has the Pythons that this system may lack. It is entered with
chroot, in a mount namespace of its own, so that nothing stays mounted: that takes root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .source import BuildError, call

#: What Debian sid must have: the Pythons with their test suites, and a compiler.
PACKAGES = (
    "gcc", "libc6-dev", "openssl", "ca-certificates",
    "python3.14", "python3.14-dev", "python3.14-venv", "libpython3.14-testsuite",
    "python3.15", "python3.15-dev", "python3.15-venv", "libpython3.15-testsuite",
    "pypy3", "pypy3-venv", "pypy3-lib-testsuite",
)  # fmt: skip
DEBIAN_PYTHONS = ("python3.14", "python3.15", "pypy3")
_NEEDED = ("debootstrap", "chroot", "unshare")
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
# Mounts are private to the shell that makes them, and are gone when it ends.
_ENTER = (
    'mount --rbind /proc "$1/proc" && mount --rbind /dev "$1/dev" && cd / &&'
    ' exec chroot "$1" /bin/sh -c \'cd "$0" && exec "$@"\' "${@:2}"'
)


@dataclass(frozen=True)
class Place:
    """A system; `root` is its directory, None for this one."""

    root: Path | None = None

    def inside(self, path: Path) -> str:
        """Return what the system itself calls `path`."""
        return str(path if self.root is None else Path("/", path.relative_to(self.root)))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A directory for a while, in which programs of the system can work."""
        parent = None if self.root is None else self.root / "tmp"
        with tempfile.TemporaryDirectory(prefix="fasthttp-release-", dir=parent) as directory:
            yield Path(directory).resolve()

    def call(self, *command: str | Path, cwd: Path, **environment: str) -> str:
        """Run a command there; a `Path` in it is said as the system says it.

        Returns what it printed. Raises `BuildError` if it fails.
        """
        said = [self.inside(part) if isinstance(part, Path) else part for part in command]
        if self.root is None:
            return call(*said, cwd=cwd, **environment)
        clean = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]
        clean += (f"{key}={value}" for key, value in environment.items())
        return call(
            "unshare", "--mount", "bash", "-c", _ENTER, "enter", self.root, self.inside(cwd),
            "/usr/bin/env", "-i", *clean, *said, cwd=cwd,
        )  # fmt: skip


def _need_programs() -> None:
    lacking = [name for name in _NEEDED if shutil.which(name, path=_PATH) is None]
    if lacking:
        raise BuildError(f"Debian sid takes {', '.join(lacking)}: install it, or --no-debian")
    if os.geteuid() != 0:
        raise BuildError("Debian sid takes root: be root, or --no-debian")


def mirror(said: str) -> list[str]:
    """Return the first archive that debootstrap can read, of those that apt said; or none."""
    known = ("http:", "https:", "file:")
    return [uri for uri in said.split() if uri.startswith(known)][:1]


def _archive() -> list[str]:
    """Where this system has its own Debian from; empty: debootstrap knows a place itself."""
    if shutil.which("apt-get", path=_PATH) is None:
        return []
    own = ("Origin: Debian", "Label: Debian", "Component: main")
    return mirror(call("apt-get", "indextargets", "--format", "$(REPO_URI)", *own, cwd=Path("/")))


def _make(root: Path) -> None:
    included = "--include=" + ",".join(PACKAGES)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", included, "sid", str(root), *_archive()],
        env={**os.environ, "PATH": _PATH},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"debootstrap: exit status {done.returncode}; see {root}/debootstrap")


def lacking(said: str) -> list[str]:
    """Return those of PACKAGES that are not installed, by what `dpkg-query --list` said."""
    rows = [line.split() for line in said.splitlines() if line.startswith("ii ")]
    return sorted({*PACKAGES} - {row[1].partition(":")[0] for row in rows})


@contextmanager
def debian_sid(root: Path | None) -> Iterator[Place]:
    """Debian sid in `root`: made there if nothing is, and kept; None: made for a while only.

    Raises `BuildError` if it lacks one of PACKAGES, as one that was kept for long may.
    """
    _need_programs()
    with tempfile.TemporaryDirectory(prefix="fasthttp-sid-") as directory:
        place = (root or Path(directory, "sid")).resolve()
        # debootstrap keeps its notes in the directory until it has come to its end
        if not (place / "usr").is_dir() or (place / "debootstrap").is_dir():
            _make(place)
        sid = Place(place)
        names = lacking(sid.call("dpkg-query", "--list", cwd=place))
        if names:
            raise BuildError(f"{place} lacks packages: apt-get install there {' '.join(names)}")
        yield sid
