"""The compiled modules under AddressSanitizer and UndefinedBehaviorSanitizer.

csrc has its own targets; what is Cython's, its buffers above all, is checked only here. The
sanitizer's runtime is the one that comes with atheris, and has to be in the process before Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ..corpus.files import corpus_directory

#: The checkout.
ROOT = Path(__file__).resolve().parents[2]
_NEEDED = ("csrc", "fasthttp", "tests", "pyproject.toml", "setup.py", "README.md", "LICENSE")
_CFLAGS = (
    "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link"
    " -fno-sanitize-recover=undefined"
)


def build(directory: Path, flags: str = _CFLAGS) -> Path:
    """Build a copy of the checkout in a directory of its own, with clang; where it is.

    `flags` are those of the compiler.

    Raises `CalledProcessError`, having printed what the compiler said.
    """
    tree = directory / "sanitized"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in _NEEDED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("build", "*.so", "__pycache__")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tree / name)
    compiler = {"CC": "clang", "LDSHARED": "clang -shared", "CFLAGS": flags}
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    environment = os.environ | compiler | {"FASTHTTP_EXTENSION": "1"}
    subprocess.run(command, cwd=tree, env=environment, check=True)
    return tree


def environment() -> dict[str, str]:
    """What the process is told that runs it."""
    import atheris

    return os.environ | {
        "LD_PRELOAD": str(Path(atheris.path()) / "asan_with_fuzzer.so"),
        # Python leaks at its end; and a length that nobody has memory for is an error to be had.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        # So that each Python object has its own place in memory, watched at both ends.
        "PYTHONMALLOC": "malloc",
        "FASTHTTP_EXTENSION": "1",
        "FASTHTTP_CORPUS": str(corpus_directory()),
    }
