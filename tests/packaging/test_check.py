"""tests.packaging.check finds each thing that can be wrong with a release."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from .check import PLATFORMS, PURE, PYTHONS, check, missing, read_wheel

METADATA = b"Name: fasthttp\nProject-URL: Source, https://example.org/\n"
SOURCES = {"fasthttp/__init__.py": b"one", "fasthttp/_codec/a_py.py": b"two"}
LIBRARY = "fasthttp/_codec/a_c.cpython-313-x86_64-linux-gnu.so"
FOR_LINUX = "cp313-cp313-manylinux_2_28_x86_64"


def write_sdist(dist: Path) -> None:
    with tarfile.open(dist / "fasthttp-1.0.tar.gz", "w:gz") as archive:
        for name, data in {**SOURCES, "fasthttp/_codec/a_c.pyx": b"", "setup.py": b""}.items():
            member = tarfile.TarInfo(f"fasthttp-1.0/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def write_wheel(
    dist: Path, tags: str, files: dict[str, bytes], metadata: bytes = METADATA, version: str = "1.0"
) -> Path:
    path = dist / f"fasthttp-{version}-{tags}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"fasthttp-{version}.dist-info/METADATA", metadata)
    return path


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """An sdist and the wheel without C, with nothing wrong."""
    write_sdist(tmp_path)
    write_wheel(tmp_path, PURE, SOURCES)
    return tmp_path


def test_a_right_release_has_no_complaint(dist: Path) -> None:
    write_wheel(dist, FOR_LINUX, {**SOURCES, LIBRARY: b""})
    wheels, wrong = check(dist, complete=False, tag="v1.0")
    assert len(wheels) == 2
    assert wrong == []


@pytest.mark.parametrize(
    ("tags", "files", "says"),
    [
        (FOR_LINUX, SOURCES, "lacks fasthttp/_codec/a_c"),
        (FOR_LINUX, {**SOURCES, LIBRARY: b"", "fasthttp/b.so": b""}, "b.so, which is no module"),
        (FOR_LINUX, {**SOURCES, LIBRARY: b"", "fasthttp/x.py": b""}, "holds fasthttp/x.py"),
        (FOR_LINUX, {"fasthttp/__init__.py": b"one", LIBRARY: b""}, "lacks fasthttp/_codec/a_py"),
        (FOR_LINUX, {**SOURCES, "fasthttp/__init__.py": b"", LIBRARY: b""}, "is not the sdist's"),
        ("cp313-cp313t-win_amd64", {**SOURCES, LIBRARY: b""}, "built for another Python"),
        ("cp313-cp313-linux_x86_64", {**SOURCES, LIBRARY: b""}, "no platform that the index"),
        ("cp313-none-any", {**SOURCES, LIBRARY: b""}, "no platform that the index"),
        ("py3-none-any", {**SOURCES, LIBRARY: b""}, "is for any platform"),
    ],
)
def test_a_wrong_wheel_is_found(dist: Path, tags: str, files: dict[str, bytes], says: str) -> None:
    path = write_wheel(dist, tags, files)
    wrong = check(dist, complete=False, tag=None)[1]
    assert wrong
    assert all(one.startswith(path.name) for one in wrong)
    assert any(says in one for one in wrong)


def test_another_version_or_metadata_or_tag_is_found(dist: Path) -> None:
    write_wheel(dist, FOR_LINUX, {**SOURCES, LIBRARY: b""}, b"Name: other", version="1.1")
    wrong = "\n".join(check(dist, complete=False, tag="v1.2")[1])
    assert "is not version 1.0" in wrong
    assert "has other metadata" in wrong
    assert "the tag is v1.2" in wrong
    assert "does not say where the project lives" in wrong


def test_what_is_promised_may_not_be_missing(dist: Path) -> None:
    only_pure = [read_wheel(path) for path in dist.glob("*.whl")]
    assert len(missing(only_pure)) == len(PYTHONS) * len(PLATFORMS)
    built = read_wheel(write_wheel(dist, FOR_LINUX, {**SOURCES, LIBRARY: b""}))
    assert set(missing(only_pure)) - set(missing([built, *only_pure])) == {
        "cp313 for manylinux x86_64"
    }
    assert PURE in missing([built])
