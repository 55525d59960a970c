"""Where results go: the standard output, a file of JSON lines, a directory; warc.py has archives.

All that an output has of earlier runs is read when it is opened.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO

from .arguments import UsageError
from .lines import LinesFile, line_of
from .names import INDEX, PARTIAL, name_of
from .record import Result, body_of, row_of

__all__ = [
    "DirectoryOutput", "FileSink", "LinesOutput", "Output", "StandardOutput", "length_of",
    "open_output",
]  # fmt: skip


def length_of(result: Result, sink: FileSink | None) -> int:
    """Return how long a body is, of what has come of it. A sink is not given the body of an answer
    that was to lead elsewhere: to another try for which no time was left.
    """
    in_page = 0 if result.page is None else len(result.page.body)
    return in_page + (0 if sink is None else sink.length)


class Output:
    """Results are added as they come."""

    #: URLs that have their answer here, one with a status that is not to be asked for again.
    answered: Collection[str] = ()
    #: Whether bodies are kept as they were sent, content codings included.
    is_raw = False

    def sink(self, url: str) -> FileSink | None:
        """Return what takes a body while it arrives; None where the page is to have it."""
        return None

    def add(self, result: Result, sink: FileSink | None = None) -> None:
        """Keep a result. Raises `OSError`."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what is not written yet."""


class _JsonOutput(Output):
    """Rows that have their body."""

    def __init__(self, is_decoded: bool) -> None:
        self._is_decoded = is_decoded

    def _row(self, result: Result) -> dict[str, Any]:
        row = row_of(result)
        if result.page is not None and result.page.status is not None:
            row.update(body_of(result.page, self._is_decoded))
        return row


class StandardOutput(_JsonOutput):
    """JSON lines, each of which is there when its page is."""

    def add(self, result: Result, sink: FileSink | None = None) -> None:
        """Print a line. Raises `BrokenPipeError` where nobody reads it."""
        try:
            sys.stdout.buffer.write(line_of(self._row(result)))
            sys.stdout.buffer.flush()
        except OSError as error:
            if sys.platform == "win32" and error.errno == errno.EINVAL:
                raise BrokenPipeError(*error.args) from None  # what Windows says of that
            raise


class LinesOutput(_JsonOutput):
    """JSON lines in a file."""

    def __init__(self, path: Path, is_decoded: bool, again: Collection[int]) -> None:
        super().__init__(is_decoded)
        self._lines = LinesFile(path, again)
        self.answered = self._lines.answered

    def add(self, result: Result, sink: FileSink | None = None) -> None:
        """Append a line."""
        self._lines.add(self._row(result))

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


class FileSink:
    """A file that is made when the first piece of a body comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.length = 0
        self._file: BinaryIO | None = None

    def write(self, piece: bytes) -> None:
        """Take a piece. Raises `OSError`, which ends the run: a disk that is full stays so."""
        if self._file is None:
            self._file = open(self.path, "wb")  # noqa: SIM115 - until close()
        self._file.write(piece)
        self.length += len(piece)

    def close(self) -> bool:
        """Close the file. Return whether there is one."""
        if self._file is None:
            return False
        self._file.close()
        return True


class DirectoryOutput(Output):
    """A file for each page that came, and an index of JSON lines without bodies.

    A body is written below `.partial` while it arrives, and gets its name when it is whole; its
    line is written after that.
    """

    def __init__(self, path: Path, again: Collection[int]) -> None:
        self._path = path
        self._partial = path / PARTIAL
        try:
            path.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._partial, ignore_errors=True)  # of a run that was killed
            self._partial.mkdir()
        except OSError as error:
            raise UsageError(f"cannot write into {path}: {error.strerror}") from error
        self._index = LinesFile(path / INDEX, again)
        self.answered = {
            url for url, file in self._index.answered.items() if file and (path / file).is_file()
        }
        self._begun = 0
        self._folders: set[Path] = set()

    def sink(self, url: str) -> FileSink:
        """Return a file for a body."""
        self._begun += 1
        return FileSink(self._partial / str(self._begun))

    def add(self, result: Result, sink: FileSink | None = None) -> None:
        """Give the body its name, and append a line."""
        row = row_of(result)
        row["file"] = None
        row["length"] = length_of(result, sink)
        has_body = sink is not None and sink.close()
        if result.error is None:
            row["file"] = name = name_of(result.url)
            path = self._path / name
            if path.parent not in self._folders:
                path.parent.mkdir(exist_ok=True)
                self._folders.add(path.parent)
            if sink is not None and has_body:
                os.replace(sink.path, path)
            else:
                path.write_bytes(b"" if result.page is None else result.page.body)
        elif sink is not None and has_body:
            sink.path.unlink()
        self._index.add(row)

    def close(self) -> None:
        """Take away what pages left that were not finished."""
        self._index.close()
        shutil.rmtree(self._partial, ignore_errors=True)


def open_output(
    where: str | None, *, headers: dict[str, str], is_decoded: bool, again: Collection[int] = ()
) -> Output:
    """Return the output that `-o` names. Answers of a status in `again` are none in it, as far as
    other runs have written them. Raises `UsageError`.
    """
    if where is None:
        if again:
            raise UsageError("--again is for going on: it needs -o, with the output of before")
        return StandardOutput(is_decoded)
    path = Path(where)
    if where.endswith(("/", os.sep)) or path.is_dir():
        return DirectoryOutput(path, again)
    if path.suffix in (".jsonl", ".ndjson"):
        return LinesOutput(path, is_decoded, again)
    if where.endswith(".warc.gz"):
        from .warc import WarcOutput

        return WarcOutput(path, headers, again)
    raise UsageError(f"-o {where}: must end in .jsonl, in .warc.gz, or in a slash, for a directory")
