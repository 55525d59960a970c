"""Where a scrape keeps its pages: a SQLite database, or a directory of Parquet files.

Both hold a row for each URL, and say which URLs need not be fetched again: those that got an
answer. A killed scrape loses what came since it last wrote: with the first page that comes a second
(SQLite) or ten (Parquet) after the time before.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from scraping import Row

#: The fields of a `Row`.
COLUMNS = {
    "url": "TEXT PRIMARY KEY",
    "final_url": "TEXT",
    "status": "INTEGER",
    "headers": "TEXT",
    "body": "BLOB",
    "error": "TEXT",
    "attempts": "INTEGER",
    "seconds": "REAL",
    "fetched_at": "REAL",
}


class Store:
    """Pages that are written every `interval` seconds, and at the end of a `with` block."""

    interval = 1.0

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._written = time.monotonic()

    def answered(self) -> set[str]:
        """Return the URLs that have got an answer."""
        raise NotImplementedError

    def add(self, row: Row) -> None:
        """Keep a row; it takes the place of an earlier one of its URL."""
        self._rows.append(row)
        if time.monotonic() - self._written > self.interval:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._write(self._rows)
            self._rows = []
        self._written = time.monotonic()

    def _write(self, rows: list[Row]) -> None:
        raise NotImplementedError

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._flush()


class SqliteStore(Store):
    """One table, `pages`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA journal_mode=WAL")  # can be read while a scrape runs
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        self._database.execute(f"CREATE TABLE IF NOT EXISTS pages ({columns})")

    def answered(self) -> set[str]:
        """Return the URLs that have got an answer."""
        rows = self._database.execute("SELECT url FROM pages WHERE status IS NOT NULL")
        return {url for (url,) in rows}

    def _write(self, rows: list[Row]) -> None:
        marks = ", ".join("?" * len(COLUMNS))
        with self._database:
            self._database.executemany(f"INSERT OR REPLACE INTO pages VALUES ({marks})", rows)  # noqa: S608

    def __exit__(self, *details: Any) -> None:
        super().__exit__(*details)
        self._database.close()


class ParquetStore(Store):
    """A directory of files, each whole from the moment that it has its name.

    A URL that failed in one run and was fetched in a later one is in both files; `fetched_at`
    tells which row is the newer one.
    """

    interval = 10.0

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet  # for this kind of store only

        super().__init__()
        self._arrow = pyarrow
        self._path = path
        path.mkdir(parents=True, exist_ok=True)

    def answered(self) -> set[str]:
        """Return the URLs that have got an answer."""
        found: set[str] = set()
        for file in self._path.glob("*.parquet"):
            table = self._arrow.parquet.read_table(file, columns=["url", "status"])
            rows = zip(table["url"].to_pylist(), table["status"].to_pylist(), strict=True)
            found.update(url for url, status in rows if status is not None)
        return found

    def _write(self, rows: list[Row]) -> None:
        kinds = {"INTEGER": "int64", "REAL": "float64", "BLOB": "binary"}
        schema = self._arrow.schema(
            [(name, kinds.get(kind, "string")) for name, kind in COLUMNS.items()]
        )
        columns = [list(column) for column in zip(*rows, strict=True)]
        table = self._arrow.table(dict(zip(COLUMNS, columns, strict=True)), schema=schema)
        name = f"{time.time_ns()}-{os.getpid()}"
        self._arrow.parquet.write_table(table, self._path / f"{name}.partial")
        (self._path / f"{name}.partial").rename(self._path / f"{name}.parquet")


def open_store(path: Path) -> Store:
    """Open what the name says: a directory NAME.parquet, or a SQLite database."""
    return ParquetStore(path) if path.suffix == ".parquet" else SqliteStore(path)
