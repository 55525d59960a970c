"""Whether cibuildwheel would build every wheel that is promised, and no other.

    python -m tests.packaging.identifiers

Asks cibuildwheel itself, for each platform on its native architecture, with what pyproject.toml
says. Needs no network and no container.
"""

from __future__ import annotations

import sys

from .check import PLATFORMS, PYTHONS
from .source import ROOT, call

#: cibuildwheel's names: platform, architecture, and the end of its identifiers.
_BUILT = {
    "manylinux x86_64": ("linux", "x86_64", "manylinux_x86_64"),
    "manylinux aarch64": ("linux", "aarch64", "manylinux_aarch64"),
    "musllinux x86_64": ("linux", "x86_64", "musllinux_x86_64"),
    "musllinux aarch64": ("linux", "aarch64", "musllinux_aarch64"),
    "macOS x86_64": ("macos", "x86_64", "macosx_x86_64"),
    "macOS arm64": ("macos", "arm64", "macosx_arm64"),
    "Windows AMD64": ("windows", "AMD64", "win_amd64"),
    "Windows ARM64": ("windows", "ARM64", "win_arm64"),
}


def planned() -> set[str]:
    """Return the identifiers of all that cibuildwheel would build."""
    said = [
        call(
            sys.executable, "-m", "cibuildwheel", "--print-build-identifiers",
            "--platform", platform, "--archs", architecture, cwd=ROOT,
        )
        for platform, architecture in sorted({built[:2] for built in _BUILT.values()})
    ]  # fmt: skip
    return {word for one in said for word in one.split()}


def main() -> int:
    promised = {f"{python}-{_BUILT[name][2]}" for python in PYTHONS for name in PLATFORMS}
    found = planned()
    for identifier in sorted(promised ^ found):
        print(f"{identifier}: {'promised, not built' if identifier in promised else 'unasked for'}")
    print(f"{len(promised)} wheels promised, {len(found)} built")
    return int(promised != found)


if __name__ == "__main__":
    sys.exit(main())
