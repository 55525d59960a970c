"""Tests what is installed: `python -m tests.packaging.installed DIST`, with any Python.

The wheel that fits this Python is installed from DIST into a fresh virtual environment, with no
compiler within reach; then tests run on it from a copy that lies outside the checkout: those of
the twins, of the client and of threads, and CPython's own. Needs the standard library only.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("pytest", "pytest-timeout", "hypothesis")
TESTS = ("tests/codec", "tests/client", "tests/threads", "tests/stdlib")
_SAY = "import fasthttp; print(fasthttp.__version__, fasthttp.implementation, fasthttp.__file__)"


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("FASTHTTP_", "PYTHON"))}
    shown = [str(part) for part in command]
    process = subprocess.run(
        shown,
        cwd=cwd,
        env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if process.returncode:
        sys.exit(f"{' '.join(shown)}: exit status {process.returncode}\n{process.stdout[-20000:]}")
    return process.stdout


def install(dist: Path, wheels: Path | None, scratch: Path) -> Path:
    """Install from `dist`, and the test tools (from `wheels`, or the index); return the python."""
    venv.create(scratch / "venv", with_pip=True, symlinks=os.name != "nt")
    programs = scratch / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = programs / ("python.exe" if os.name == "nt" else "python")
    pip = (python, "-m", "pip", "install", "-q", "--only-binary", ":all:")
    alone = {"PATH": str(programs), "CC": "no-compiler", "CXX": "no-compiler"}
    _run(*pip, "--no-index", "--find-links", dist, "fasthttp", cwd=scratch, **alone)
    source = ("--no-index", "--find-links", wheels) if wheels else ()
    _run(*pip, *source, *TOOLS, cwd=scratch)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dist", type=Path, help="the directory with the wheels")
    parser.add_argument("tests", nargs="*", default=TESTS, help=f"default: {' '.join(TESTS)}")
    parser.add_argument("--wheels", type=Path, help="where the test tools are; default: the index")
    options = parser.parse_args()
    expected = "c" if platform.python_implementation() == "CPython" else "py"
    with tempfile.TemporaryDirectory(prefix="fasthttp-installed-") as directory:
        scratch = Path(directory).resolve()
        wheels = options.wheels.resolve() if options.wheels else None
        python = install(options.dist.resolve(), wheels, scratch)
        shutil.copytree(ROOT / "tests", scratch / "tests")
        shutil.copy(ROOT / "pyproject.toml", scratch)
        version, implementation, file = _run(python, "-c", _SAY, cwd=scratch).split(maxsplit=2)
        if implementation != expected or not Path(file).is_relative_to(scratch / "venv"):
            sys.exit(f"installed is {implementation} at {file}, not {expected}")
        # CI: that the suites of CPython are there is not left to chance.
        command = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options.tests)
        last = _run(*command, cwd=scratch, CI="true").strip().splitlines()[-1]
    here = f"{platform.python_implementation()} {platform.python_version()}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        here += "t"
    print(f"fasthttp {version} ({implementation}) on {here}: {last}")


if __name__ == "__main__":
    main()
