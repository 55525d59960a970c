"""What users install: wheels with and without C, and an sdist that builds from itself."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from fasthttp._bench.implementations import TWINS

from . import source
from .source import ROOT

pytestmark = [pytest.mark.timeout(600), pytest.mark.full]


def run(*command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key != "FASTHTTP_EXTENSION"}
    return subprocess.run(
        command, cwd=cwd, env={**clean, **env}, capture_output=True, text=True, timeout=500
    )


def build_wheel(source: Path, into: Path, **env: str) -> Path:
    done = run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(into), str(source),
        cwd=into, **env,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = into.glob("*.whl")
    return wheel


def implementation_of(wheel: Path, tmp_path: Path, **env: str) -> str:
    """Installs a wheel alone and asks it which codec it runs on, and that it fetches."""
    target = tmp_path / "installed"
    done = run(
        sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target),
        str(wheel), cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    program = "import fasthttp; print(fasthttp.implementation, fasthttp.__file__)"
    done = run(sys.executable, "-c", program, cwd=target, **env)
    assert done.returncode == 0, done.stderr
    name, file = done.stdout.split()
    assert Path(file).is_relative_to(target)
    return name


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are the project's")
    return source.build_sdist(tmp_path_factory.mktemp("sdist"))


@pytest.fixture
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist's files, anew for each test: setuptools would take what an earlier build left."""
    return source.unpack(sdist, tmp_path_factory.mktemp("unpacked"))


def test_sdist_holds_sources_and_tests_but_nothing_generated(unpacked: Path) -> None:
    names = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    for module in TWINS.values():
        assert f"fasthttp/{module.replace('.', '/')}_c.pyx" in names
        assert f"fasthttp/{module.replace('.', '/')}_c.c" not in names
    assert {"csrc/fh_headers.c", "csrc/fh_headers.h", "fasthttp/py.typed", "LICENSE"} <= names
    assert "fasthttp/_names.pyi" in names
    assert "tests/conftest.py" in names
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc"))]


def test_wheel_from_sdist_runs_on_c(unpacked: Path, tmp_path: Path) -> None:
    if sys.implementation.name != "cpython":
        pytest.skip("the compiled codec is for CPython")
    wheel = build_wheel(unpacked, tmp_path, FASTHTTP_EXTENSION="1")
    names = zipfile.ZipFile(wheel).namelist()
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    for module in TWINS.values():
        assert f"fasthttp/{module.replace('.', '/')}_c{suffix}" in names
    assert not [name for name in names if name.startswith(("tests", "csrc", "bench"))]
    assert {"fasthttp/py.typed", "fasthttp/_names.pyi"} <= set(names)
    assert implementation_of(wheel, tmp_path, FASTHTTP_EXTENSION="1") == "c"


def test_wheel_without_c_is_for_any_platform(unpacked: Path, tmp_path: Path) -> None:
    wheel = build_wheel(unpacked, tmp_path, FASTHTTP_EXTENSION="0")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert implementation_of(wheel, tmp_path) == "py"


def test_without_a_compiler_the_pure_package_is_installed(unpacked: Path, tmp_path: Path) -> None:
    wheel = build_wheel(unpacked, tmp_path, CC="no-such-compiler")
    assert implementation_of(wheel, tmp_path) == "py"


@pytest.mark.parametrize(("value", "says"), [("1", "no-such-compiler"), ("yes", "must be 0, 1")])
def test_a_build_that_cannot_be_as_asked_fails(
    unpacked: Path, tmp_path: Path, value: str, says: str
) -> None:
    done = run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path),
        str(unpacked), cwd=tmp_path, CC="no-such-compiler", FASTHTTP_EXTENSION=value,
    )  # fmt: skip
    assert done.returncode != 0
    assert says in done.stdout + done.stderr
