"""`python -m fasthttp run`: what a program sees is what `python SCRIPT` lets it see."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fasthttp

_SHOW = """
import http.client, os, pickle, sys
def function(): raise KeyError("from a function")
class Thing: pass
print(sys.argv, sys.path[:2], __name__, __package__, __spec__ and __spec__.name)
print(os.path.basename(__file__), os.path.isabs(__file__), type(__loader__).__name__)
print(type(pickle.loads(pickle.dumps(Thing()))) is Thing, sys.modules["__main__"].Thing is Thing)
how = sys.argv[1:]
if how == ["raise"]: function()
if how == ["cause"]:
    try: function()
    except KeyError as error: raise ValueError("after it") from error
if how == ["exit"]: sys.exit(7)
if how == ["message"]: sys.exit("no more")
if how == ["interrupt"]: raise KeyboardInterrupt
if how == ["import"]: import nothing_of_that_name
if how == ["hook"]:
    sys.excepthook = lambda *error: print("hook", error[0], error[2].tb_frame.f_code.co_name)
    function()
"""


def _python(directory: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(Path(fasthttp.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A script, a package, a directory and a zip file that can be run, and one that cannot."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "script.py").write_text(_SHOW)
    (tmp_path / "elsewhere" / "wrong.py").write_text("x = (1,\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(_SHOW)
    (tmp_path / "module.py").write_text(_SHOW)
    with zipfile.ZipFile(tmp_path / "archive.pyz", "w") as archive:
        archive.writestr("__main__.py", "import sys; print(sys.argv, sys.path[0], __name__)")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["elsewhere/script.py"],
        ["elsewhere/script.py", "-m", "--newest", "x"],
        *(["elsewhere/script.py", how] for how in ("raise", "cause", "exit", "message")),
        *(["elsewhere/script.py", how] for how in ("interrupt", "import", "hook")),
        ["elsewhere/wrong.py"],
        ["elsewhere/missing.py"],
        ["-m", "module"],
        ["-m", "package", "-m", "x"],
        ["-m", "missing"],
    ],
    ids=" ".join,
)
def test_as_python_runs_it(programs: Path, arguments: list[str]) -> None:
    status, out, said = _python(programs, *arguments)
    got = _python(programs, "-m", "fasthttp", "run", *arguments)
    assert got[:2] == (status, out)
    # PyPy says the same of a missing file, but for the quotes.
    assert got[2].replace("'", "") == said.replace("'", "")


@pytest.mark.parametrize("name", ["archive.pyz", "package"])
def test_what_is_no_file_is_named_in_full(programs: Path, name: str) -> None:
    status, said, _ = _python(programs, str(programs / name), "x")
    assert status == 0
    assert _python(programs, "-m", "fasthttp", "run", name, "x")[:2] == (0, said)


def test_exceptions_in_a_module_are_shown_from_there(programs: Path) -> None:
    status, _, said = _python(programs, "-m", "fasthttp", "run", "-m", "module", "raise")
    assert status == 1
    assert "fasthttp" not in said and "runpy" not in said
    assert said.endswith("KeyError: 'from a function'\n")


def test_it_is_installed(programs: Path) -> None:
    (programs / "ask.py").write_text(
        "import fasthttp, http.client, sys\n"
        "connection = http.client.HTTPConnection('h')\n"
        "print(fasthttp.installed(), hasattr(connection, 'max_response_headers'))\n"
        "print(sorted(m for m in sys.modules if m.startswith('fasthttp._bench')))\n"
    )
    own = sys.version_info >= (3, 15)
    asked = _python(programs, "-m", "fasthttp", "run", "ask.py")
    assert asked[:2] == (0, f"True {own}\n[]\n")
    newest = _python(programs, "-m", "fasthttp", "run", "--newest", "ask.py")
    assert newest[:2] == (0, "True True\n[]\n")


def test_usage(programs: Path) -> None:
    assert _python(programs, "-m", "fasthttp", "run")[0] == 2
    assert _python(programs, "-m", "fasthttp", "run", "--help")[1].startswith("usage: ")
