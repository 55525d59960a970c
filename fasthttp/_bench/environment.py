"""Says on what was measured: machine, interpreter, libraries, and which fasthttp."""

import importlib
import json
import os
import platform
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypedDict

from .. import _files as files

__all__ = ["Environment", "Package", "Python", "describe", "information"]

_BESIDE = "source tree, next to an installed version"
_HOME = Path(__file__).resolve().parents[2]


class Package(TypedDict):
    """Which fasthttp."""

    version: str
    #: "c" or "py"; None where it cannot be imported.
    implementation: Literal["c", "py"] | None
    #: Why it is not the other codec, where there is something to say.
    reason: str | None
    installed_from: str


class Python(TypedDict):
    """Which interpreter, and how it was built: None where that is not known."""

    implementation: str
    version: str
    #: The system that it is a part of, such as "Debian GNU/Linux"; None for any other.
    distribution: str | None
    build: str
    compiler: str
    gil: str
    pgo: bool | None
    lto: bool | None
    config_args: str | None
    cflags: str | None
    debug: bool


class Environment(TypedDict):
    """Everything about this process and machine that a figure depends on."""

    fasthttp: Package
    python: Python
    openssl: str
    #: The other clients that took part, by name, with their versions.
    clients: dict[str, str]
    cpu: str
    cores: int | None
    governor: str | None
    #: Processes ready to run, averaged over 1, 5 and 15 minutes, before the measuring began.
    load: list[float] | None
    system: str
    architecture: str


def describe(clients: Iterable[str] = ()) -> Environment:
    """The environment of this process, with the versions of `clients`, which are installed."""
    return {
        "fasthttp": _package(),
        "python": _python(),
        "openssl": _openssl(),
        "clients": {name: _client_version(name) for name in clients},
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "architecture": platform.machine(),
    }


def _client_version(name: str) -> str:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:  # it was put there by other means than pip's
        return "unknown"
    if name != "pycurl":
        return version
    # Most of that client is another library, with a version of its own.
    parts = str(importlib.import_module(name).version).split()
    library = next((part for part in parts if part.startswith("libcurl/")), "libcurl")
    return f"{version}, {library.replace('/', ' ')}"


def information() -> str:
    """What `python -m fasthttp info` prints."""
    package, python = _package(), _python()
    known = {"c": "c (compiled)", "py": "py (pure Python)", None: "?"}
    codec = known[package["implementation"]]
    rows = {
        "fasthttp": package["version"],
        **_files(),
        "implementation": f"{codec}: {package['reason']}" if package["reason"] else codec,
        "installed from": package["installed_from"],
        "Python": f"{python['implementation']} {python['version']} ({python['compiler']})",
        "GIL": python["gil"],
        "optimised build": _yes(python),
        "compiler flags": python["cflags"] or "unknown",
        "OpenSSL": _openssl(),
        "platform": platform.platform(),
    }
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def _files() -> dict[str, str]:
    """Whether the files are fasthttp's own, and who else has files of their names."""
    rows = {}
    wrong, others = files.altered(), files.others()
    if wrong:
        rows["files"] = f"missing, or not as they were installed: {files.named(wrong)}"
    elif files.is_checked():
        rows["files"] = "as they were installed"
    if others:
        rows["same names"] = "; ".join(
            f"{who} installs {files.named(theirs)}" for who, theirs in others.items()
        )
    if wrong or others:
        rows["what to do"] = files.remedy(others)
    return rows


def _yes(python: Python) -> str:
    answer = {True: "yes (PGO)", False: "no (built without PGO)", None: "unknown"}[python["pgo"]]
    whose = python["distribution"]
    return f"{answer}; the build is {whose}'s" if whose else answer


def _package() -> Package:
    version = importlib.import_module("fasthttp._version").__version__
    source = _installed_from()
    codec: Any = None
    try:
        codec = importlib.import_module("fasthttp._compiled")
        importlib.import_module("fasthttp.client")
        implementation, reason = codec.implementation, codec.reason
        if reason and _could_be_compiled():
            reason += f"; {_remedy(source)}"
    except Exception as error:
        # Whatever it is: this is what somebody runs to find out why it does not work.
        said = "its files do not fit together" if isinstance(error, files.FilesError) else error
        implementation, reason = None, f"not importable: {said}"
    return {
        "version": version,
        "implementation": implementation,
        "reason": reason,
        "installed_from": source,
    }


def _could_be_compiled() -> bool:
    """Whether setup.py builds the compiled modules here, as far as it can."""
    wanted = os.environ.get("FASTHTTP_EXTENSION") != "0"
    return wanted and platform.python_implementation() == "CPython"


def _remedy(source: str) -> str:
    if source == _BESIDE:
        return "to use the installed version, go to another directory"
    return "install a C compiler, then fasthttp again"


def _installed_from() -> str:
    """From where pip took the package that runs, if it was pip."""
    built = None
    for found in metadata.distributions(name="fasthttp"):
        try:
            source = json.loads(found.read_text("direct_url.json") or "{}")
        except ValueError:
            source = {}
        is_beside = Path(str(found.locate_file("fasthttp"))).resolve() != _HOME / "fasthttp"
        if is_beside or source or not (_HOME / "pyproject.toml").is_file():
            break
        built = "source tree"  # whose own .egg-info this is: a build leaves one
    else:
        return built or "source tree, not installed"
    if source.get("dir_info", {}).get("editable"):
        return "source tree, editable"
    if is_beside:
        return _BESIDE
    if "dir_info" in source or "vcs_info" in source:
        return "source, built on this machine"
    return "sdist" if str(source.get("url", "")).endswith(".tar.gz") else "wheel"


def _python() -> Python:
    arguments = _config_args() if _is_described_by_sysconfig() else None
    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "distribution": _distribution(),
        "build": " ".join(platform.python_build()),
        "compiler": platform.python_compiler(),
        "gil": _gil(),
        "pgo": None if arguments is None else "--enable-optimizations" in arguments,
        "lto": None if arguments is None else "--with-lto" in arguments,
        "config_args": arguments,
        "cflags": sysconfig.get_config_var("CFLAGS"),
        "debug": hasattr(sys, "gettotalrefcount"),
    }


def _is_described_by_sysconfig() -> bool:
    """Whether sysconfig speaks of the build that runs.

    Debian builds each Python twice, and ships the `sysconfig` of the one with a libpython, while
    its programs are the other one: built with other options, and without that library.
    """
    library = sysconfig.get_config_var("INSTSONAME")
    if not sysconfig.get_config_var("Py_ENABLE_SHARED") or not library:
        return True
    loaded = _read("/proc/self/maps")
    return loaded is None or f"/{library}\n" in f"{loaded}\n"


def _distribution() -> str | None:
    """The name of the system whose own Python this is."""
    if sys.base_prefix != "/usr":
        return None
    try:
        return platform.freedesktop_os_release()["NAME"]
    except OSError:
        return None


def _config_args() -> str | None:
    """What `configure` was told, without what names a place on somebody's machine."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS")
    if arguments is None:
        return None
    return shlex.join(each for each in shlex.split(arguments) if "/" not in each)


def _gil() -> str:
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "yes"
    enabled: bool = getattr(sys, "_is_gil_enabled", lambda: False)()
    return f"{'enabled' if enabled else 'disabled'}, in a free-threaded build"


def _openssl() -> str:
    try:
        import ssl
    except ImportError:
        return "none: this Python has no ssl module"
    return ssl.OPENSSL_VERSION


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _cpu() -> str:
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    if sys.platform == "darwin":
        try:
            return subprocess.run(
                ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
                capture_output=True, text=True, check=True, timeout=10,
            ).stdout.strip()  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            pass
    return platform.processor() or platform.machine() or "unknown"
