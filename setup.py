"""Lists the compiled modules. Everything else about the package is in pyproject.toml."""

import glob
import os
import platform
import runpy
import sys

from setuptools import Extension, setup

_wanted = os.environ.get("FASTHTTP_EXTENSION", "")
if _wanted not in ("", "0", "1"):
    sys.exit(f"FASTHTTP_EXTENSION must be 0, 1 or unset, not {_wanted!r}")

_SOURCES = {
    "_codec/chunks": ["csrc/fh_chunks.c"],
    "_codec/headers": ["csrc/fh_headers.c"],
    "_codec/request": ["csrc/fh_headers.c", "csrc/fh_request.c"],
    "_guard/guard": [],
    "_stream/memory": ["csrc/fh_memory.c"],
    "_stream/stream": ["csrc/fh_chunks.c", "csrc/fh_watch.c"],
    "_usual/files": [],
    "_usual/installed": [],
    "_usual/methods": [],
    "_usual/pool": [],
    "_usual/usual": [],
}
_DEPENDS = sorted(glob.glob("csrc/*.h") + glob.glob("fasthttp/_*/*.pxd"))
_SIZES = "fasthttp/_codec/sizes.py"
_MACROS = [(f"FH_{name}", str(of)) for name, of in runpy.run_path(_SIZES).items() if name.isupper()]


def _extensions() -> list[Extension]:
    if _wanted == "0" or (platform.python_implementation() != "CPython" and _wanted != "1"):
        return []
    return [
        Extension(
            f"fasthttp.{name.replace('/', '.')}_c",
            [f"fasthttp/{name}_c.pyx", *sources],
            include_dirs=["csrc"],
            depends=[*_DEPENDS, _SIZES],
            define_macros=_MACROS,
            # Unset tries: where there is no compiler, the package is installed without them.
            optional=_wanted != "1",
        )
        for name, sources in _SOURCES.items()
    ]


setup(ext_modules=_extensions())
