"""A file of JSON lines that only grows, and of which a kill at any moment spoils nothing."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from .appending import AppendedFile
from .arguments import UsageError

__all__ = ["LinesFile", "line_of"]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
#: How each line begins.
_BEGIN = b'{"url":'


def line_of(row: dict[str, Any]) -> bytes:
    """Return a JSON line. Half a character (of a name that is no UTF-8) is written as JSON can."""
    return _encode(row).encode("utf-8", "backslashreplace") + b"\n"


def _row_of(line: bytes) -> dict[str, Any] | None:
    """Return what a line says of a URL; None where it is no line of this command's."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    known = isinstance(row, dict) and isinstance(row.get("url"), str) and "error" in row
    return row if known else None


class LinesFile:
    """Lines are appended one by one, each with one write. Raises `UsageError` where it cannot be
    opened, or has lines that are not this command's.

    Opening it takes off what a kill left of a line.
    """

    def __init__(self, path: Path, again: Collection[int] = ()) -> None:
        #: Statuses of answers that do not count as such.
        self._again = again
        #: What the last line of each URL says, of those that have an answer: its "file", if any.
        self.answered: dict[str, str | None] = {}
        self._file = AppendedFile(path, self._read)

    def _read(self, path: Path) -> int:
        """Take what is there; return where the next line begins."""
        at = 0
        with open(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    if number == 1 and not line.startswith(_BEGIN[: len(line)]):
                        raise _foreign(path, number)
                    break
                row = _row_of(line)
                if row is None:
                    raise _foreign(path, number)
                at += len(line)
                if row["error"] is None and row.get("status") not in self._again:
                    self.answered[row["url"]] = row.get("file")
                else:
                    self.answered.pop(row["url"], None)
        return at

    def add(self, row: dict[str, Any]) -> None:
        """Append a row. Raises `OSError`."""
        self._file.write(line_of(row))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _foreign(path: Path, number: int) -> UsageError:
    return UsageError(f"line {number} of {path} is not of this command: give another file with -o")
