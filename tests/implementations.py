"""The implementations of fasthttp that are under test."""

import os
import platform

#: Whether the compiled one is meant to be missing; anywhere else its absence fails the tests.
WITHOUT_C = (
    os.environ.get("FASTHTTP_EXTENSION") == "0" or platform.python_implementation() != "CPython"
)
IMPLEMENTATIONS = ("py",) if WITHOUT_C else ("c", "py")
