"""Loads the compiled and the pure-Python fasthttp next to each other, in one process."""

import importlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

__all__ = ["load_implementation", "load_package"]

_PACKAGE = "fasthttp"
_SWITCH = "FASTHTTP_EXTENSION"
_HOME = str(Path(__file__).resolve().parents[2])

_copies: dict[str, ModuleType] = {}
_lock = threading.RLock()


#: The modules that exist twice, by name, without their suffix.
TWINS = {
    "chunks": "_codec.chunks",
    "guard": "_guard.guard",
    "headers": "_codec.headers",
    "request": "_codec.request",
    "stream": "_stream.stream",
}


def load_implementation(name: str) -> ModuleType:
    """Return `fasthttp.client` running on the codec `name`, "c" or "py".

    The `fasthttp` already imported is returned if it is that implementation. Otherwise a second
    copy of the package is imported, once, and kept out of `sys.modules`: its classes are its own,
    the exceptions are http.client's in both. An import that the copy delays until later finds
    the first package, so this is for measuring and testing, not for use in a program.

    Raises ImportError where that implementation is missing.
    """
    client: ModuleType = load_package(name).client
    return client


def load_package(name: str) -> ModuleType:
    """The same for the whole package: `fasthttp` running on the codec `name`."""
    if name not in ("c", "py"):
        raise ValueError(f"an implementation is 'c' or 'py', not {name!r}")
    with _lock:
        package = sys.modules.get(_PACKAGE)
        if package is not None and _codec_of(sys.modules) == name:
            return package
        if name not in _copies:
            _copies[name] = _import_copy(name)
        return _copies[name]


def _codec_of(modules: dict[str, ModuleType]) -> object:
    return getattr(modules.get(f"{_PACKAGE}._compiled"), "implementation", None)


def _import_copy(name: str) -> ModuleType:
    with _apart(name):
        got = importlib.import_module(f"{_PACKAGE}._compiled").implementation
        package = importlib.import_module(_PACKAGE)
        # The package does so, until they are asked for.
        for delayed in ("_pool", "incoming", "patch", "statistics"):
            importlib.import_module(f"{_PACKAGE}.{delayed}")
    if got != name:
        raise ImportError(f"asked for the {name!r} implementation of {_PACKAGE}, got {got!r}")
    return package


@contextmanager
def _apart(name: str) -> Iterator[None]:
    """A while in which `fasthttp` was never imported, and is told which codec to take."""
    saved_modules = _take_modules()
    saved_switch = os.environ.get(_SWITCH)
    os.environ[_SWITCH] = "1" if name == "c" else "0"
    # The same tree as ours, whatever the current directory or an installed version offers.
    sys.path.insert(0, _HOME)
    try:
        yield
    finally:
        sys.path.remove(_HOME)
        if saved_switch is None:
            del os.environ[_SWITCH]
        else:
            os.environ[_SWITCH] = saved_switch
        _take_modules()
        sys.modules.update(saved_modules)


def _take_modules() -> dict[str, ModuleType]:
    """Remove every module of the package from `sys.modules`; return what was there."""
    names = [key for key in sys.modules if key == _PACKAGE or key.startswith(f"{_PACKAGE}.")]
    return {key: sys.modules.pop(key) for key in names}
