"""Which URLs are asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fasthttp._fetch.arguments import UsageError
from fasthttp._fetch.sources import Lines, Source, url_in

from .running import rows_of, run


def rest_of(source: Source) -> list[str]:
    return list(iter(source.take, None))


@pytest.mark.parametrize(
    ("line", "url"),
    [("http://a/\n", "http://a/"), ("\n", None), ("  # no\n", None), ("#http://c/", None),
     (" http://b/#x \r\n", "http://b/#x")],
)  # fmt: skip
def test_lines(line: str, url: str | None) -> None:
    assert url_in(line) == url


def test_each_once(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_bytes(b"\xef\xbb\xbfhttp://b/\nhttp://a/\nhttp://known/\nhttp://\xe9/\n# no")
    source = Source(["http://a/", " http://c/ "], str(file), {"http://known/"})
    assert source.count() == 6
    assert not source.is_over
    assert rest_of(source) == ["http://a/", "http://c/", "http://b/", "http://\udce9/"]
    assert (source.known, source.repeated) == (1, 1)
    assert source.is_over
    source.close()


def test_long_files(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    urls = [f"http://{number}/{'x' * (number % 300)}" for number in range(3000)]
    file.write_text("\r\n".join(urls))
    source = Source([], str(file), ())
    assert source.count() == 3000
    assert rest_of(source) == urls
    source.close()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are waited for there")
def test_a_pipe_is_read_where_something_has_come() -> None:
    theirs, ours = os.pipe()
    lines = Lines(theirs)
    assert lines.take(0) is None and not lines.is_over
    os.write(ours, b"one\ntw")
    assert lines.take(0) == "one"
    assert lines.take(0) is None
    os.write(ours, b"o\n\nlast")
    assert [lines.take(0), lines.take(0), lines.take(0)] == ["two", "", None]
    assert lines.count() is None
    os.close(ours)
    assert lines.take(9) == "last" and lines.is_over
    assert lines.take(9) is None
    lines.close()


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        Source([], str(tmp_path / "none"), ())


def test_a_file_in_the_place_of_a_url(tmp_path: Path) -> None:
    file = tmp_path / "urls.txt"
    file.write_text("http://a.test/\n")
    with pytest.raises(UsageError, match=r"is a file, and no URL: -i .*urls.txt reads URLs"):
        Source([str(file)], None, ())
    assert Source(["urls.txt"], None, ()).take() == "urls.txt"  # which is none: its page says so


def test_stdin_can_be_read_only_once() -> None:
    with pytest.raises(UsageError, match="only once"):
        Source(["-", "-"], None, ())


@pytest.mark.parametrize("arguments", [(), ("-",), ("-i", "-")])
def test_stdin(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, stdin=b"# no\ngopher://a/\n\ngopher://b/\n")
    assert done.returncode == 1
    assert {row["url"] for row in rows_of(done.stdout)} == {"gopher://a/", "gopher://b/"}


def test_nothing_to_do() -> None:
    for arguments, stdin in (((), b""), (("-i", os.devnull), b""), (("-",), b"# none\n\n")):
        done = run(*arguments, stdin=stdin)
        assert (done.returncode, done.stdout) == (0, b"")
        assert done.stderr.startswith(b"no URL has come: ")
        assert run("-q", *arguments, stdin=stdin).stderr == b""
