"""On a free-threaded Python, importing fasthttp leaves the GIL switched off."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import fasthttp

_IMPORT_ALL = """
import importlib, pkgutil, sys
import fasthttp.client
for module in pkgutil.walk_packages(fasthttp.__path__, "fasthttp."):
    if module.name.endswith("_" + fasthttp.implementation):
        importlib.import_module(module.name)
print(fasthttp.implementation, sys._is_gil_enabled())
"""


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="has a GIL always")
def test_import_leaves_the_gil_off(implementation: str) -> None:
    """A module that does not declare itself safe switches the GIL on, with a RuntimeWarning."""
    switch = {"c": "1", "py": "0"}[implementation]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHON_GIL"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _IMPORT_ALL],
        cwd=Path(fasthttp.__file__).parents[1],
        env={**environment, "FASTHTTP_EXTENSION": switch},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == [implementation, "False"], done.stderr
