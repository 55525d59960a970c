"""Which URLs are asked for."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Iterable, Iterator
from typing import TextIO

from .arguments import UsageError

__all__ = ["Source", "urls_in"]


def urls_in(lines: Iterable[str]) -> Iterator[str]:
    """Yield the URL of each line that has one."""
    for line in lines:
        url = line.strip()
        if url and not url.startswith("#"):
            yield url


class Source:
    """The URLs of a run, each once: those of the command line, then those of a file.

    Lines are read as they are needed. Raises `UsageError` where there is nothing to read.
    """

    def __init__(self, given: list[str], file: str | None, known: Collection[str]) -> None:
        self._given = [url.strip() for url in given]
        self._known = known
        self._files: list[TextIO] = []
        #: How many URLs were left out: the output has their answers, or they came before.
        self.known = self.repeated = 0
        is_piped = sys.stdin is not None and not sys.stdin.isatty()
        if not given and file is None:
            if not is_piped:
                raise UsageError("no URLs: name some, or -i FILE, or - for the standard input")
            self._given = ["-"]
        self._file = None if file is None else self._open(0 if file == "-" else file)
        if "-" in self._given:
            if self._given.count("-") > 1 or file == "-":
                raise UsageError("the standard input can be read only once")
            self._stdin = self._open(0)

    def _open(self, name: str | int) -> TextIO:
        try:
            opened = open(  # noqa: SIM115 - until close()
                name,
                encoding="utf-8-sig",
                # Bytes that are no UTF-8 make a URL that cannot be asked for, and end nothing.
                errors="surrogateescape",
                closefd=name != 0,
            )
        except OSError as error:
            raise UsageError(f"cannot read {name}: {error.strerror}") from error
        self._files.append(opened)
        return opened

    def count(self) -> int | None:
        """Return how many URLs there are, known and repeated ones included; None where only
        reading would tell, which cannot be done twice.
        """
        number = sum(url != "-" for url in self._given)
        for file in self._files:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            number += sum(1 for _ in urls_in(file))
            file.seek(0)
        return number

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for url in self._all():
            if url in seen:
                self.repeated += 1
                continue
            seen.add(url)
            if url in self._known:
                self.known += 1
            else:
                yield url

    def _all(self) -> Iterator[str]:
        for url in self._given:
            if url == "-":
                yield from urls_in(self._stdin)
            elif url:
                yield url
        if self._file is not None:
            yield from urls_in(self._file)

    def close(self) -> None:
        """Close the files; the standard input stays open."""
        for file in self._files:
            file.close()
