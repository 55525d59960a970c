"""What is about to be released is what it should be: `python -m tests.packaging.check DIST`.

DIST holds one sdist and its wheels. A wheel for a platform must hold every compiled module, built
for the Python that its name says; the wheel for all must hold none; all have the same Python files
and metadata. --complete also asks for a wheel for each Python and platform that is promised.
"""

from __future__ import annotations

import argparse
import re
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

PYTHONS = ("cp310", "cp311", "cp312", "cp313", "cp314", "cp314t", "cp315", "cp315t")
#: Each platform that has wheels, by what its tag must match.
PLATFORMS = {
    "manylinux x86_64": r"manylinux_2_\d+_x86_64",
    "manylinux aarch64": r"manylinux_2_\d+_aarch64",
    "musllinux x86_64": r"musllinux_1_2_x86_64",
    "musllinux aarch64": r"musllinux_1_2_aarch64",
    "macOS x86_64": r"macosx_\d+_\d+_x86_64",
    "macOS arm64": r"macosx_\d+_\d+_arm64",
    "Windows AMD64": r"win_amd64",
    "Windows ARM64": r"win_arm64",
}
PURE = "py3-none-any"
_LIBRARY = re.compile(r"\.(?:so|pyd|dylib|dll)(?:\.|$)")
_BUILT_FOR = re.compile(r"\.(?:cpython-(\d+t?)-[\w-]+\.so|cp(\d+t?)-\w+\.pyd)$")


@dataclass(frozen=True)
class Wheel:
    """One wheel, taken apart."""

    file: str
    size: int
    version: str
    python: str
    abi: str
    platforms: tuple[str, ...]
    metadata: bytes
    sources: dict[str, bytes]
    libraries: tuple[str, ...]

    @property
    def pure(self) -> bool:
        return self.file.endswith(f"-{PURE}.whl")


def read_wheel(path: Path) -> Wheel:
    """Take the wheel at `path` apart."""
    _name, version, python, abi, platform = path.name.removesuffix(".whl").split("-")
    with zipfile.ZipFile(path) as archive:
        files = [name for name in archive.namelist() if not name.endswith("/")]
        (metadata,) = [name for name in files if name.endswith(".dist-info/METADATA")]
        own = [name for name in files if ".dist-info/" not in name]
        return Wheel(
            file=path.name,
            size=path.stat().st_size,
            version=version,
            python=python,
            abi=abi,
            platforms=tuple(platform.split(".")),
            metadata=archive.read(metadata),
            sources={name: archive.read(name) for name in own if not _LIBRARY.search(name)},
            libraries=tuple(sorted(name for name in own if _LIBRARY.search(name))),
        )


def read_sdist(path: Path) -> tuple[dict[str, bytes], set[str]]:
    """Return the Python files that a wheel must have, and the compiled modules, by their paths."""
    sources: dict[str, bytes] = {}
    modules: set[str] = set()
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            file = archive.extractfile(member)
            if file is None or not name.startswith("fasthttp/"):
                continue
            if name.endswith((".py", ".pyi", "/py.typed")):
                sources[name] = file.read()
            elif name.endswith(".pyx"):
                modules.add(name.removesuffix(".pyx"))
    return sources, modules


def _wrong_libraries(wheel: Wheel, modules: set[str]) -> list[str]:
    if wheel.pure:
        return [f"holds {name}, and is for any platform" for name in wheel.libraries]
    wrong = []
    if wheel.platforms == ("any",) or any(p.startswith("linux_") for p in wheel.platforms):
        wrong.append("is tagged for no platform that the index takes")
    found = {}
    for name in wheel.libraries:
        built_for = _BUILT_FOR.search(name)
        found[name[: built_for.start()] if built_for else name] = built_for
    wrong += (f"lacks {name}" for name in sorted(modules - found.keys()))
    wrong += (f"holds {name}, which is no module" for name in sorted(found.keys() - modules))
    for name, built_for in found.items():
        if built_for and f"cp{built_for[1] or built_for[2]}" != wheel.abi:
            wrong.append(f"{name} is built for another Python: {built_for[0]}")
    return wrong


def _wrong_sources(wheel: Wheel, sources: dict[str, bytes]) -> list[str]:
    wrong = [f"lacks {name}" for name in sorted(sources.keys() - wheel.sources.keys())]
    wrong += [f"holds {name}" for name in sorted(wheel.sources.keys() - sources.keys())]
    for name in sorted(sources.keys() & wheel.sources.keys()):
        if sources[name] != wheel.sources[name]:
            wrong.append(f"{name} is not the sdist's")
    return wrong


def missing(wheels: list[Wheel]) -> list[str]:
    """Return what is promised and not among `wheels`."""
    lacking = [] if any(wheel.pure for wheel in wheels) else [PURE]
    for python in PYTHONS:
        for name, pattern in PLATFORMS.items():
            here = [wheel for wheel in wheels if wheel.abi == python]
            if not any(re.fullmatch(pattern, tag) for wheel in here for tag in wheel.platforms):
                lacking.append(f"{python} for {name}")
    return lacking


def check(dist: Path, complete: bool, tag: str | None) -> tuple[list[Wheel], list[str]]:
    """Return the wheels of `dist` and all that is wrong with them."""
    (sdist,) = dist.glob("*.tar.gz")
    sources, modules = read_sdist(sdist)
    wheels = [read_wheel(path) for path in sorted(dist.glob("*.whl"))]
    version = sdist.name.removesuffix(".tar.gz").rpartition("-")[2]
    wrong = [] if modules else [f"{sdist.name}: holds no .pyx file"]
    if tag not in (None, version, f"v{version}"):
        wrong.append(f"{sdist.name}: the tag is {tag}")
    for wheel in wheels:
        if tag is not None and b"\nProject-URL: " not in wheel.metadata:
            wrong.append(f"{wheel.file}: does not say where the project lives")
        found = _wrong_libraries(wheel, modules) + _wrong_sources(wheel, sources)
        if wheel.version != version:
            found.append(f"is not version {version}")
        if wheel.metadata != wheels[0].metadata:
            found.append(f"has other metadata than {wheels[0].file}")
        wrong += (f"{wheel.file}: {complaint}" for complaint in found)
    if not wheels:
        wrong.append(f"{dist}: no wheel")
    if complete:
        wrong += (f"no wheel {promised}" for promised in missing(wheels))
    return wheels, wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dist", type=Path, help="the directory with the sdist and the wheels")
    parser.add_argument("--complete", action="store_true", help="nothing promised may be missing")
    parser.add_argument("--tag", help="the git tag of a release, which must name the version")
    options = parser.parse_args()
    wheels, wrong = check(options.dist, options.complete, options.tag)
    for wheel in wheels:
        print(f"{wheel.size:>9,} bytes  {len(wheel.libraries)} compiled  {wheel.file}")
    print("\n".join(wrong) or f"{len(wheels)} wheels, all as they should be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
