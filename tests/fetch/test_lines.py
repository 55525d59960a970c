"""The file that only grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from fasthttp._fetch.arguments import UsageError
from fasthttp._fetch.lines import LinesFile, line_of

from .running import rows_of

ROW = {"url": "http://a/", "error": None, "file": "x"}


def test_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    for number in range(3):
        lines = LinesFile(path)
        assert len(lines.answered) == number
        lines.add({"url": f"http://{number}/", "error": None})
        lines.close()
    assert [row["url"] for row in rows_of(path)] == ["http://0/", "http://1/", "http://2/"]


def test_the_last_line_of_a_url_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    rows: list[dict[str, object]] = [
        {"url": "a", "error": "X"}, {"url": "b", "error": None}, {"url": "a", "error": None},
        {"url": "b", "error": "X"},
    ]  # fmt: skip
    path.write_bytes(b"".join(map(line_of, rows)))
    lines = LinesFile(path)
    lines.close()
    assert list(lines.answered) == ["a"]


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_line_that_was_cut_anywhere(tmp_path: Path, before: int) -> None:
    path = tmp_path / "x.jsonl"
    line = line_of(ROW)
    for cut in range(len(line)):
        path.write_bytes(line * before + line[:cut])
        lines = LinesFile(path)
        lines.add(ROW)
        lines.close()
        assert path.read_bytes() == line * (before + 1)


@pytest.mark.parametrize(
    "data", [b"my notes", b"my notes\n", b"{}\n", b"[]\n", b'{"url": 1, "error": null}\n', b"\n",
             b"\xff\n", line_of(ROW) + b"x\n", b'{"name": "x"']
)  # fmt: skip
def test_a_file_of_another_program_is_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="another file"):
        LinesFile(path)
    assert path.read_bytes() == data


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        LinesFile(tmp_path / "none" / "x.jsonl")


def test_half_characters_and_odd_line_ends() -> None:
    """Of names that are no UTF-8; and what other readers take for the end of a line."""
    line = line_of({"url": "\udce9\u2028\u0085\n\u00e9"})
    assert line.count(b"\n") == 1
    assert rows_of(line.replace(b"\xc2\x85", b"").replace(b"\xe2\x80\xa8", b""))[0]["url"] == (
        "\udce9\n\u00e9"
    )
