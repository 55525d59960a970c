"""Runs of `python -m fasthttp fetch`, and what they wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

#: What `-o` may be given; an archive where warcio is there.
OUTPUTS = [
    "x.jsonl",
    "pages/",
    pytest.param(
        "x.warc.gz", marks=pytest.mark.skipif(find_spec("warcio") is None, reason="needs warcio")
    ),
]
HOME = Path(__file__).resolve().parents[2]


def command(*arguments: str | os.PathLike[str]) -> dict[str, Any]:
    """What `subprocess` is to be given."""
    return {
        "args": [sys.executable, "-m", "fasthttp", "fetch", *map(os.fspath, arguments)],
        "env": {**os.environ, "PYTHONPATH": str(HOME)},
    }


def run(
    *arguments: str | os.PathLike[str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run it as a user would, in a process of its own."""
    return subprocess.run(**command(*arguments), input=stdin, capture_output=True, timeout=60)


def rows_of(data: bytes | Path) -> list[dict[str, Any]]:
    """The rows of JSON lines."""
    data = data.read_bytes() if isinstance(data, Path) else data
    assert data.endswith(b"\n") or not data
    return [json.loads(line) for line in data.splitlines()]


def by_url(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The last row of each URL."""
    return {row["url"]: row for row in rows}
