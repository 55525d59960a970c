"""Files of this package that are missing or not its own: the import says so, and so does `info`.

Made-up distributions of the kind of fasthttp-client, pyfasthttp and fastaiohttp, which pip lets
write over fasthttp's files and take them away again.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fasthttp

PACKAGE = Path(fasthttp.__file__).parent
#: The packages whose modules are all loaded with fasthttp.
_LOADED = ("_client", "_codec", "_guard", "_http", "_stream")
MODULES = sorted(
    str(path.relative_to(PACKAGE))
    for folder in (PACKAGE, *(PACKAGE / name for name in _LOADED))
    for path in folder.glob("*.py")
    # What is used in other ways than by importing fasthttp, or is asked for by name.
    if path.name not in ("__main__.py", "_run.py", "_files.py", "client.py", "__init__.py")
    and not (path.parent == PACKAGE and path.name in ("incoming.py", "patch.py", "statistics.py"))
    and path.name != "response_head.py"  # a part of incoming.py, which the pool has too
)


def install(site: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    """As pip does: whatever is there is written over."""
    rows = []
    for path, data in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text("".join([*rows, f"{info.name}/RECORD,,\n"]))


def uninstall(site: Path, name: str) -> None:
    """As pip does: whoever wrote the files that are there."""
    (info,) = site.glob(f"{name.replace('-', '_')}-*.dist-info")
    for line in (info / "RECORD").read_text().splitlines():
        (site / line.split(",")[0]).unlink(missing_ok=True)
    shutil.rmtree(info)


OURS = {
    f"fasthttp/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
    for path in PACKAGE.rglob("*.py*")
    if path.suffix in (".py", ".pyi")
}
#: Its package and one module that has a name of ours.
OTHER = {
    "fasthttp/__init__.py": b"x = 1\n",
    "fasthttp/_client/reuse.py": b"class Theirs: pass\n",
    "fasthttp/theirs.py": b"",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder in which fasthttp is installed."""
    install(tmp_path, "fasthttp", "0.1.0", OURS)
    return tmp_path


def python(site: Path, *arguments: str) -> tuple[int, str]:
    """Without site, whose .pth files may find another fasthttp."""
    done = subprocess.run(
        [sys.executable, "-S", "-W", "ignore", *arguments],
        cwd=site,
        env={**os.environ, "FASTHTTP_EXTENSION": "0", "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def imported(site: Path, name: str = "fasthttp.client") -> str:
    """The last line that an import says."""
    return python(site, "-c", f"import {name}")[1].strip().rpartition("\n")[2]


def told(site: Path) -> tuple[int, dict[str, str]]:
    status, said = python(site, "-m", "fasthttp", "info")
    return status, dict(line.split("  ", 1) for line in said.splitlines() if "  " in line.strip())


def test_all_is_well(site: Path) -> None:
    assert imported(site) == ""
    status, info = told(site)
    assert status == 0
    assert info["files"].strip() == "as they were installed"
    assert "same names" not in info and "what to do" not in info


def test_another_distribution_that_came_later(site: Path) -> None:
    install(site, "fast-other", "1.2", OTHER)
    said = imported(site)
    assert said.startswith("fasthttp._files.FilesError: the files of fasthttp in ")
    assert "cannot import name 'forget_finished_response' from 'fasthttp._client.reuse'" in said
    assert "not as they were installed: fasthttp/__init__.py, fasthttp/_client/reuse.py; " in said
    assert "fast-other 1.2 installs a package of the same name" in said
    assert "python -m pip uninstall fast-other, then install fasthttp again" in said
    status, info = told(site)
    assert status == 1
    assert "fasthttp/__init__.py, fasthttp/_client/reuse.py" in info["files"]
    assert "fast-other 1.2 installs fasthttp/__init__.py, " in info["same names"]
    assert "pip uninstall fast-other, then" in info["what to do"]
    assert "not importable: its files do not fit together" in info["implementation"]


def test_another_distribution_that_came_before(tmp_path: Path) -> None:
    """All works, until that one is uninstalled; who asks is told so in time."""
    install(tmp_path, "fast-other", "1.2", OTHER)
    install(tmp_path, "fasthttp", "0.1.0", OURS)
    assert imported(tmp_path) == imported(tmp_path, "fasthttp") == ""
    status, info = told(tmp_path)
    assert status == 0
    assert info["files"].strip() == "as they were installed"
    assert "fast-other 1.2" in info["same names"] and "pip uninstall" in info["what to do"]


@pytest.mark.parametrize("first", ["fasthttp", "fast-other"])
def test_another_distribution_that_was_uninstalled(tmp_path: Path, first: str) -> None:
    versions = {"fasthttp": ("0.1.0", OURS), "fast-other": ("1.2", OTHER)}
    for name in (first, *(versions.keys() - {first})):
        install(tmp_path, name, *versions[name])
    uninstall(tmp_path, "fast-other")
    said = imported(tmp_path)
    assert said.startswith("fasthttp._files.FilesError: ")
    assert "missing, or not as they were installed: fasthttp/__init__.py, " in said
    assert "python -m pip uninstall fasthttp, then install fasthttp again" in said
    status, info = told(tmp_path)
    assert status == 1
    assert "fasthttp/__init__.py, fasthttp/_client/reuse.py" in info["files"]


@pytest.mark.full(every=5)
@pytest.mark.parametrize("module", MODULES)
def test_no_module_can_be_another_unnoticed(site: Path, module: str) -> None:
    """Not one of which nothing is asked before the first request either."""
    (site / "fasthttp" / module).write_text("theirs = 1\n")
    for name in ("fasthttp", "fasthttp.client"):
        if module != "_version.py" or name == "fasthttp":
            said = imported(site, name)
            assert said.startswith("fasthttp._files.FilesError: "), said
            assert f"not as they were installed: fasthttp/{module.replace(os.sep, '/')};" in said


@pytest.mark.parametrize("content", ["theirs = 1\n", "import nothing_of_that_name\n", "x = (\n"])
@pytest.mark.parametrize(
    "module", ["client.py", "_client/connection.py", "patch.py", "statistics.py"]
)
def test_whatever_it_is_that_another_does(site: Path, module: str, content: str) -> None:
    (site / "fasthttp" / module).write_text(content)
    code = "import fasthttp; fasthttp.install; fasthttp.stats"
    said = python(site, "-c", code)[1].strip().rpartition("\n")[2]
    assert said.startswith("fasthttp._files.FilesError: "), said
    assert f"fasthttp/{module};" in said


def test_what_has_another_reason_stays_what_it_is(site: Path) -> None:
    for switch, error in (("1", "asks for the compiled modules"), ("2", "must be 0, 1 or unset")):
        done = subprocess.run(
            [sys.executable, "-S", "-c", "import fasthttp"],
            env={**os.environ, "FASTHTTP_EXTENSION": switch, "PYTHONPATH": str(site)},
            cwd=site, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        last = done.stderr.strip().rpartition("\n")[2]
        assert last.startswith("ImportError: FASTHTTP_EXTENSION") and error in last
    shutil.rmtree(site / "fasthttp-0.1.0.dist-info")
    code = "import sys; sys.modules['weakref'] = None; import fasthttp"
    assert "FilesError" not in python(site, "-c", code)[1]
    with_error = "import http.client; del http.client.NotConnected; import fasthttp"
    last = python(site, "-c", with_error)[1].strip().rpartition("\n")[2]
    assert last.startswith("ImportError: cannot import name 'NotConnected' from 'http.client'")


def test_without_a_list_of_files_the_error_is_explained_all_the_same(site: Path) -> None:
    shutil.rmtree(site / "fasthttp-0.1.0.dist-info")
    (site / "fasthttp" / "_client" / "reuse.py").unlink()
    said = imported(site)
    assert said.startswith("fasthttp._files.FilesError: ") and "fasthttp._client.reuse" in said
    assert "then install fasthttp again" in said
    assert "files" not in told(site)[1]


def test_an_import_that_succeeds_looks_at_no_list(site: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import fasthttp; fasthttp.install();"
        "print([m for m in sys.modules.keys() - before if m.endswith(('metadata', '_files'))])"
    )
    assert python(site, "-c", code) == (0, "[]\n")
