"""A file that only grows, and belongs to one run at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from .arguments import UsageError

__all__ = ["AppendedFile"]


class AppendedFile:
    """Opens a file, makes it where there is none, and takes off what is behind its last whole
    part: `find_end` returns where that is.

    Raises `UsageError` where it cannot be opened, or another run has it, and what `find_end`
    raises; the file is as it was then.
    """

    def __init__(self, path: Path, find_end: Callable[[Path], int]) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        with contextlib.ExitStack() as stack:
            try:
                self._file = stack.enter_context(open(os.open(path, flags, 0o666), "r+b", 0))
                self._lock(path)
                end = find_end(path)
                # Not in the mode for appending: what is cut off is written over.
                self._file.seek(end)
                self._file.truncate()
            except OSError as error:
                raise UsageError(f"cannot write {path}: {error.strerror}") from error
            stack.pop_all()

    def _lock(self, path: Path) -> None:
        try:
            fcntl = import_module("fcntl")
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"another run writes to {path}") from error

    def write(self, data: bytes) -> None:
        """Append something, with one write where the system takes it whole. Raises `OSError`."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]

    def close(self) -> None:
        """Close it."""
        self._file.close()
