"""What came of a run: counted as it goes, and told at its end."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from .record import Result

__all__ = ["Tally", "size_of"]

#: Lines of errors in a summary; the rest is one line.
_MOST_LINES = 20


def size_of(number: float) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "(URL without a host)"
    except ValueError:
        return "(URL without a host)"


class Tally:
    """Counts of results."""

    def __init__(self) -> None:
        self.done = self.failed = self.bytes = 0
        self.statuses: Counter[int] = Counter()
        #: By the kind of the error, what was waited for, and the host.
        self.errors: Counter[tuple[str, str, str]] = Counter()

    def add(self, result: Result, length: int) -> None:
        """Count a result with a body of so many bytes."""
        self.done += 1
        self.bytes += length
        if result.error is not None:
            self.failed += 1
            kind = type(result.error).__name__
            self.errors[kind, result.phase or "answer", _host_of(result.url)] += 1
        elif result.page is not None and result.page.status is not None:
            self.statuses[result.page.status] += 1

    def line(self, total: int | None) -> str:
        """Return how far it has come, in a few words."""
        of = "" if total is None else f" of {total:,}"
        return f"{self.done:,}{of} pages, {self.failed:,} failed, {size_of(self.bytes)}"

    def summary(self, seconds: float, known: int, repeated: int) -> str:
        """Return what came of it all, in lines."""
        came = self.done - self.failed
        lines = [
            f"{came:,} came, {self.failed:,} failed: {size_of(self.bytes)} in {seconds:.1f} seconds"
        ]
        if known:
            lines.append(f"{known:,} left out: the output has their answers")
        if repeated:
            lines.append(f"{repeated:,} left out: they came before in the list")
        if self.statuses:
            said = (f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
            lines.append("statuses  " + ", ".join(said))
        errors = self.errors.most_common()
        for (kind, phase, host), count in errors[:_MOST_LINES]:
            lines.append(f"error  {kind} ({phase}) {host}: {count:,}")
        rest = sum(count for _, count in errors[_MOST_LINES:])
        if rest:
            lines.append(f"error  {rest:,} more, of other kinds and hosts")
        return "\n".join(lines)
