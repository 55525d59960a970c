"""Which URLs are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fasthttp._fetch.arguments import UsageError
from fasthttp._fetch.sources import Source, urls_in

from .running import rows_of, run


def test_lines() -> None:
    lines = ["http://a/\n", "\n", "  # no\n", " http://b/#x \r\n", "#http://c/"]
    assert list(urls_in(lines)) == ["http://a/", "http://b/#x"]


def test_each_once(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_bytes(b"\xef\xbb\xbfhttp://b/\nhttp://a/\nhttp://known/\nhttp://\xe9/\n# no")
    source = Source(["http://a/", "http://c/"], str(file), {"http://known/"})
    assert source.count() == 6
    assert list(source) == ["http://a/", "http://c/", "http://b/", "http://\udce9/"]
    assert (source.known, source.repeated) == (1, 1)
    source.close()


def test_a_file_is_read_as_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_text("http://a/\n")
    source = Source([], str(file), ())
    urls = iter(source)
    assert next(urls) == "http://a/"
    with file.open("a") as end:
        end.write("http://b/\n")
    assert next(urls) == "http://b/"
    source.close()


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        Source([], str(tmp_path / "none"), ())


def test_stdin_can_be_read_only_once() -> None:
    with pytest.raises(UsageError, match="only once"):
        Source(["-", "-"], None, ())


@pytest.mark.parametrize("arguments", [(), ("-",), ("-i", "-")])
def test_stdin(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, stdin=b"# no\ngopher://a/\n\ngopher://b/\n")
    assert done.returncode == 1
    assert {row["url"] for row in rows_of(done.stdout)} == {"gopher://a/", "gopher://b/"}


def test_nothing_to_do() -> None:
    done = run(stdin=b"")
    assert (done.returncode, done.stdout) == (0, b"")
