"""What can be asked for, and the pool that it means."""

from __future__ import annotations

import argparse
import ssl
from pathlib import Path
from typing import Any

import pytest

from fasthttp.__main__ import _parser
from fasthttp._fetch.arguments import UsageError, settings_of


def settings(*arguments: str) -> dict[str, Any]:
    return settings_of(_parser().parse_args(["fetch", *arguments]))


def test_nothing_asked_for() -> None:
    given = settings()
    assert given["total"] == 100 and given["per_host"] == 6
    assert given["decode"] is True and given["cookies"] is True
    assert given["headers"]["User-Agent"].startswith("fasthttp/")
    assert given["max_body"] is None and "context" not in given


def test_limits() -> None:
    given = settings("--total=7", "--per-host=2", "--delay=0.5", "--deadline=9", "--timeout=3")
    assert (given["total"], given["per_host"], given["delay"]) == (7, 2, 0.5)
    assert (given["deadline"], given["timeout"]) == (9, 3)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("500000", 500000), ("64K", 65536), ("10MiB", 10 << 20), ("1g", 1 << 30)],
)
def test_sizes(text: str, size: int) -> None:
    assert settings("--max-body", text)["max_body"] == size


@pytest.mark.parametrize(
    "arguments",
    [
        ("--total", "0"),
        ("--total", "x"),
        ("--total", "²"),
        ("--delay", "-1"),
        ("--delay", "nan"),
        ("--deadline", "inf"),
        ("--max-body", "10X"),
        ("--retries", "-1"),
        ("--again", "5xx"),
        ("--again", "503,"),
        ("--header", "no colon"),
        ("--header", "na me: x"),
        ("--header", "X: a\r\nY: b"),
        ("--header", "X: \u20ac"),
        ("--ca", "x.pem", "--insecure"),
    ],
)
def test_what_cannot_be(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        settings(*arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("name", ["--deadline", "--timeout"])
def test_no_time_at_all(name: str) -> None:
    with pytest.raises(UsageError, match="more than 0"):
        settings(name, "0")


def test_headers() -> None:
    given = settings(
        "--header", "X-A: 1", "--header", "x-a:2", "--header", "Cookie: a=1", "--header",
        "cookie: b=2", "--header", "X-Empty:",
    )["headers"]  # fmt: skip
    assert given.pop("User-Agent")
    assert given == {"X-A": "1, 2", "Cookie": "a=1; b=2", "X-Empty": ""}


def test_who_asks() -> None:
    assert settings("--user-agent", "me/1")["headers"] == {"User-Agent": "me/1"}
    assert settings("--header", "user-agent: you")["headers"] == {"user-agent": "you"}


def test_trust(tmp_path: Path) -> None:
    context = settings("--insecure")["context"]
    assert context.verify_mode == ssl.CERT_NONE
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(UsageError, match="--ca"):
            settings("--ca", str(path))


def test_cookies(tmp_path: Path) -> None:
    path = tmp_path / "cookies.txt"
    path.write_text("# Netscape HTTP Cookie File\nexample.org\tFALSE\t/\tFALSE\t\ta\t1\n")
    assert settings("--cookies", str(path))["cookies"].get("a", "example.org") == "1"
    path.write_text("<html>")
    for each in (path, tmp_path / "missing"):
        with pytest.raises(UsageError, match="--cookies"):
            settings("--cookies", str(each))


def test_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """It names each option, and says what the exit statuses mean."""
    with pytest.raises(SystemExit):
        _parser().parse_args(["fetch", "--help"])
    said = capsys.readouterr().out
    options = _options()
    assert len(options) > 20
    for option in options:
        assert option in said
    assert "exit status: 0" in said
    assert max(map(len, said.splitlines())) <= 100


def _options() -> list[str]:
    parser: Any = _parser()
    fetch = next(
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ).choices["fetch"]
    return [name for action in fetch._actions for name in action.option_strings]
