"""Which URLs are asked for."""

from __future__ import annotations

import os
import stat
import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from select import select

from .arguments import UsageError

__all__ = ["Lines", "Source", "url_in"]

_PIECE = 1 << 16


def url_in(line: str) -> str | None:
    """Return the URL of a line; None where it has none."""
    url = line.strip()
    return url if url and not url.startswith("#") else None


class Lines:
    """The lines of a file, or of a pipe, which is read only where something has come.

    Windows cannot say whether something has: a pipe is waited for there.
    """

    def __init__(self, file: int, *, closes: bool = True) -> None:
        self._file = file
        self._closes = closes
        self._is_regular = stat.S_ISREG(os.fstat(file).st_mode)
        self._lines: deque[bytes] = deque()
        self._begun = b""
        self._is_first = True
        #: Whether no line is left.
        self.is_over = False

    def take(self, seconds: float) -> str | None:
        """Return the next line; None where there is none any more, or none for so long."""
        while not self._lines and not self.is_over:
            if not self._has_something(seconds):
                return None
            self._read()
        if not self._lines:
            return None
        line = self._lines.popleft()
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        # Bytes that are no UTF-8 make a URL that cannot be asked for, and end nothing.
        return line.decode("utf-8", "surrogateescape")

    def _has_something(self, seconds: float) -> bool:
        if self._is_regular or sys.platform == "win32":
            return True
        return bool(select([self._file], [], [], seconds)[0])

    def _read(self) -> None:
        piece = os.read(self._file, _PIECE)
        *lines, self._begun = (self._begun + piece).split(b"\n")
        if not piece:
            self.is_over = True
            lines = [self._begun] if self._begun else []
        self._lines.extend(lines)

    def count(self) -> int | None:
        """Return how many URLs there are; None where that cannot be read twice."""
        if not self._is_regular:
            return None
        at = os.lseek(self._file, 0, os.SEEK_CUR)
        with open(self._file, "rb", closefd=False) as lines:
            number = sum(url_in(line.decode("latin-1")) is not None for line in lines)
        os.lseek(self._file, at, os.SEEK_SET)
        return number

    def close(self) -> None:
        """Close it, if it was opened here."""
        if self._closes:
            os.close(self._file)


class Source:
    """The URLs of a run, each once: those of the command line, then those of a file.

    Lines are read as they are needed. `known` has those that are left out. Raises `UsageError`
    where there is nothing to read.
    """

    def __init__(self, given: Iterable[str], file: str | None, known: Collection[str]) -> None:
        self._known = known
        self._seen: set[str] = set()
        #: How many URLs were left out: the output has their answers, or they came before.
        self.known = self.repeated = 0
        self._parts: deque[str | Lines] = deque(url.strip() for url in given)
        for part in self._parts:
            if isinstance(part, str) and "://" not in part and os.path.isfile(part):
                raise UsageError(f"{part} is a file, and no URL: -i {part} reads URLs from it")
        if file is not None:
            self._parts.append("-" if file == "-" else self._open(file))
        elif not self._parts:
            if sys.stdin is None or sys.stdin.isatty():
                raise UsageError("no URLs: name some, or -i FILE, or - for the standard input")
            self._parts.append("-")
        if self._parts.count("-") > 1:
            raise UsageError("the standard input can be read only once")
        if "-" in self._parts:
            self._parts[self._parts.index("-")] = Lines(0, closes=False)

    def _open(self, name: str) -> Lines:
        try:
            return Lines(os.open(name, os.O_RDONLY | getattr(os, "O_BINARY", 0)))
        except OSError as error:
            raise UsageError(f"cannot read {name}: {error.strerror}") from error

    @property
    def is_over(self) -> bool:
        """Whether no URL is left."""
        return not self._parts

    def count(self) -> int | None:
        """Return how many URLs there are, those included that are left out; None where only
        reading would tell, which cannot be done twice.
        """
        number = 0
        for part in self._parts:
            found = 1 if isinstance(part, str) else part.count()
            if found is None:
                return None
            number += found
        return number

    def take(self, seconds: float = 0.0) -> str | None:
        """Return the next URL; None where there is none any more, or none for so many seconds."""
        for url in self._each(seconds):
            if url in self._seen:
                self.repeated += 1
                continue
            self._seen.add(url)
            if url not in self._known:
                return url
            self.known += 1
        return None

    def _each(self, seconds: float) -> Iterator[str]:
        while self._parts:
            part = self._parts[0]
            if isinstance(part, str):
                self._parts.popleft()
                if part:
                    yield part
                continue
            line = part.take(seconds)
            if line is not None:
                url = url_in(line)
                if url is not None:
                    yield url
            elif part.is_over:
                self._parts.popleft()
                part.close()
            else:
                return

    def close(self) -> None:
        """Close the files; the standard input stays open."""
        while self._parts:
            part = self._parts.popleft()
            if isinstance(part, Lines):
                part.close()
