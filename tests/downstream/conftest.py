"""Fixtures for what stands on `http.client`: a wheel of this checkout, environments, a server."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .environments import build_wheel, make_venv, or_skip, pip_install
from .pins import TOOL_REQUIREMENTS

TOOLS = Path(__file__).with_name("tools")


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    if platform.python_implementation() != "CPython" or sys.version_info < (3, 12):
        pytest.skip("sys.monitoring, which counts the calls, came with CPython 3.12")
    with tempfile.TemporaryDirectory(prefix="fasthttp-downstream-") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def wheel(scratch: Path) -> Path:
    """This checkout's wheel, with C."""
    return or_skip(lambda: build_wheel(sys.executable, scratch))


@pytest.fixture(scope="session")
def tools_python(scratch: Path, wheel: Path) -> Path:
    """The Python of a virtual environment that has all tools, and fasthttp."""

    def make() -> Path:
        python = make_venv(sys.executable, scratch / "tools")
        pip_install(python, wheel, "-r", TOOL_REQUIREMENTS)
        return python

    return or_skip(make)


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[str, str]]:
    """The URL of the server that tells what it was asked, and the port of its SOCKS5 proxy."""
    process = subprocess.Popen(
        [sys.executable, TOOLS / "server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        port, socks_port = process.stdout.readline().split()
        yield f"http://127.0.0.1:{port}", socks_port
        process.communicate()  # closes its standard input, and so ends it
