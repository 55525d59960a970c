"""FASTHTTP_EXTENSION at import: 1 must have C, 0 must not, unset tries, all else is an error."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence

import pytest

from fasthttp._bench.implementations import TWINS

from ..implementations import WITHOUT_C

_SHOW = (
    "import fasthttp, fasthttp._compiled as codec;"
    "print(fasthttp.implementation, codec.implementation, codec.reason)"
)
_needs_c = pytest.mark.skipif(WITHOUT_C, reason="there is no compiled codec here, on purpose")


def _run(
    switch: str | None, code: str = _SHOW, *, hidden: str = "", options: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Import the package in a Python of its own; `hidden` is a module that cannot be imported."""
    environment = {k: v for k, v in os.environ.items() if k != "FASTHTTP_EXTENSION"}
    if switch is not None:
        environment["FASTHTTP_EXTENSION"] = switch
    if hidden:
        code = f"import sys; sys.modules['{hidden}'] = None; {code}"
    return subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@_needs_c
@pytest.mark.parametrize("switch", [None, "", "1"])
def test_c_is_taken_where_it_is_there(switch: str | None) -> None:
    got = _run(switch)
    assert got.stdout.split() == ["c", "c", "None"], got.stderr


def test_0_takes_python() -> None:
    got = _run("0")
    assert got.stdout.startswith("py py "), got.stderr
    assert "FASTHTTP_EXTENSION=0" in got.stdout


def test_0_imports_no_compiled_module() -> None:
    code = "import sys, fasthttp.client; print([m for m in sys.modules if m.endswith('_c')])"
    assert _run("0", code).stdout.strip() == "[]"


@pytest.mark.parametrize("switch", [None, "0"])
def test_it_compares_no_bytes_with_text(switch: str | None) -> None:
    """`python -bb` makes that an error, be it at import or in an exchange."""
    code = (
        "import fasthttp.client, io;"
        "wire = io.BytesIO(b'HTTP/1.1 200 OK\\r\\nA: b\\r\\nContent-Length: 2\\r\\n\\r\\nok');"
        "sock = type('S', (), {'makefile': lambda *_: wire, 'sendall': lambda *_: None,"
        " 'close': lambda *_: None})();"
        "connection = fasthttp.client.HTTPConnection('h');"
        "connection.sock = sock;"
        "connection.request('POST', '/', b'body', {'Name': 'text', b'Other': b'bytes'});"
        "response = connection.getresponse();"
        "print(response.status, response.getheader('a'), response.read() == b'ok')"
    )
    got = _run(switch, code, options=("-bb",))
    assert got.stdout.split() == ["200", "b", "True"], got.stderr


@_needs_c
def test_c_imports_no_twin() -> None:
    """All of one or all of the other."""
    code = (
        "import sys, fasthttp.client;"
        "print([m for m in sys.modules if m.startswith('fasthttp.') and m.endswith('_py')])"
    )
    assert _run("1", code).stdout.strip() == "[]"


@pytest.mark.parametrize("switch", ["garbage", "2", "yes", " 1", "01", "-1", "true"])
def test_anything_else_is_an_error(switch: str) -> None:
    got = _run(switch)
    assert got.returncode != 0
    assert f"ImportError: FASTHTTP_EXTENSION must be 0, 1 or unset, not {switch!r}" in got.stderr


@pytest.mark.parametrize("part", ["chunks", "guard", "headers", "request", "stream"])
def test_where_a_module_is_missing_all_is_python(part: str) -> None:
    """And the reason is kept."""
    got = _run(None, hidden=f"fasthttp.{TWINS[part]}_c")
    assert got.stdout.startswith("py py "), got.stderr
    assert f"{part}_c" in got.stdout or WITHOUT_C


@pytest.mark.parametrize("part", ["chunks", "stream"])
def test_1_fails_where_a_module_is_missing(part: str) -> None:
    got = _run("1", hidden=f"fasthttp.{TWINS[part]}_c")
    assert got.returncode != 0
    assert "ImportError: FASTHTTP_EXTENSION=1 asks for the compiled modules" in got.stderr


def test_info_names_the_implementation_and_why() -> None:
    for switch in ("0", None):
        environment = {k: v for k, v in os.environ.items() if k != "FASTHTTP_EXTENSION"}
        if switch is not None:
            environment["FASTHTTP_EXTENSION"] = switch
        got = subprocess.run(
            [sys.executable, "-m", "fasthttp", "info"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert got.returncode == 0, got.stderr
        if switch == "0":
            assert "FASTHTTP_EXTENSION=0" in got.stdout
        assert platform.python_version() in got.stdout
