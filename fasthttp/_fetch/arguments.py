"""The arguments of `fetch`: what can be asked for, and the pool that this means."""

from __future__ import annotations

import argparse
import math
import re
import ssl
from typing import Any

from .._version import __version__
from .._web.retries import STATUSES

__all__ = ["UsageError", "add_fetch", "settings_of"]

_SIZE = re.compile(r"([0-9]+)([kmg]?)(?:i?b)?", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 5.6.2
_STATUS = re.compile(r"[1-5][0-9][0-9]")
#: Statuses after which there are more tries.
_OFTEN = ", ".join(map(str, sorted(STATUSES)))
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

EPILOG = """\
URLs come from the command line, from -i FILE, or from the standard input, one a line; empty lines
and those that begin with # are left out, and so is a URL that was there before.

With -o, run the same command again to go on: URLs that have their answer in the output are left
out, whatever its HTTP status, unless --again has it; those that failed are tried again. Ctrl-C
ends it when the pages under way are there, a second one at once; both keep what there is.

exit status: 0 all URLs have an answer, whatever its HTTP status; 1 some failed; 2 the command
cannot be done as it stands; 130 interrupted.
"""


class UsageError(Exception):
    """Something asked for cannot be had; the message says what."""


def add_fetch(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `fetch`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("urls", nargs="*", metavar="URL", help="a page; - for the standard input")
    what = parser.add_argument_group("what comes in and out")
    what.add_argument("-i", "--input", metavar="FILE", help="URLs, one a line")
    what.add_argument(
        "-o",
        "--output",
        metavar="WHERE",
        help="FILE.jsonl: JSON lines; DIR/: a file per page, and index.jsonl; FILE.warc.gz: an"
        " archive, by the package warcio; default: JSON lines to the standard output",
    )
    what.add_argument(
        "--again",
        type=_statuses,
        default=frozenset(),
        metavar="STATUS[,STATUS...]",
        help="with -o: ask once more for URLs whose answer in the output has such a status, as 503",
    )
    what.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary")
    _add_limits(parser.add_argument_group("how many, how fast, how long"))
    _add_requests(parser.add_argument_group("what is sent, and to whom"))


def _add_limits(group: Any) -> None:
    """The limits: names are those of `fasthttp.Pool`."""
    for name, kind, default, metavar, meaning in (
        ("--total", _positive, 100, "N", "connections in all"),
        ("--per-host", _positive, 6, "N", "connections to one host"),
        ("--delay", _seconds, 0.0, "SECONDS", "between two requests to one host"),
        ("--deadline", _seconds, 300.0, "SECONDS", "for a page, from its turn to its last byte"),
        ("--timeout", _seconds, 30.0, "SECONDS", "for each wait within that"),
        (
            "--retries",
            _count,
            2,
            "N",
            f"more tries after errors of connections, and {_OFTEN}",
        ),
        ("--redirects", _count, 10, "N", "redirects followed for a page"),
    ):
        said = f"{meaning}; default: {default:g}"
        group.add_argument(name, type=kind, default=default, metavar=metavar, help=said)
    group.add_argument(
        "--max-body",
        type=_size,
        metavar="BYTES",
        help="the largest body, decoded; 10M is 10 MiB; default: no limit",
    )


def _add_requests(group: Any) -> None:
    group.add_argument(
        "--robots",
        action="store_true",
        help="ask robots.txt of each host first, and do as it says, Crawl-delay included",
    )
    group.add_argument(
        "--user-agent",
        metavar="NAME",
        default=f"fasthttp/{__version__}",
        help="default: %(default)s",
    )
    group.add_argument(
        "--header",
        action="append",
        default=[],
        type=_header,
        metavar="'NAME: VALUE'",
        help="a field of each request; may be repeated",
    )
    group.add_argument(
        "--cookies", metavar="FILE", help="a cookies.txt to begin with; it is not written to"
    )
    group.add_argument("--no-decode", action="store_true", help="leave bodies as they are coded")
    group.add_argument(
        "--proxy", metavar="URL", help="default: what http_proxy, https_proxy and no_proxy say"
    )
    trust = group.add_mutually_exclusive_group()
    trust.add_argument("--ca", metavar="FILE", help="certificates (PEM) to trust, not the system's")
    trust.add_argument("--insecure", action="store_true", help="take any certificate")


def _whole(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} on, not {text!r}")
    return int(text)


def _positive(text: str) -> int:
    return _whole(text, 1)


def _count(text: str) -> int:
    return _whole(text, 0)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be seconds, from 0 on, not {text!r}")
    return seconds


def _statuses(text: str) -> frozenset[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(_STATUS.fullmatch(part) for part in parts):
        raise argparse.ArgumentTypeError(f"must be statuses, as 503 or 500,502,503, not {text!r}")
    return frozenset(map(int, parts))


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"must be bytes, as 500000, 64K, 10M or 1G, not {text!r}")
    return int(found[1]) * _UNITS[found[2].lower()]


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    value = value.strip(" \t")
    if not colon or _TOKEN.fullmatch(name) is None:
        raise argparse.ArgumentTypeError(f"must be 'Name: value', not {text!r}")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(
            f"{text!r} has a character that is not in ISO-8859-1: leave it out, or quote it"
        ) from None
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise argparse.ArgumentTypeError(f"{text!r} has a control character: leave it out")
    return name, value


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of the `Pool` that is asked for. Raises `UsageError`."""
    settings: dict[str, Any] = {
        "decode": not options.no_decode,
        "trust_env": options.proxy is None,
        "headers": _headers(options.user_agent, options.header),
    }
    for name in (
        *("total", "per_host", "delay", "deadline", "timeout", "retries", "redirects"),
        *("max_body", "proxy"),
    ):
        settings[name] = getattr(options, name)
    for name in ("deadline", "timeout"):
        if not settings[name]:
            raise UsageError(f"--{name} must be more than 0 seconds, not 0")
    context = _context(options.ca, options.insecure)
    if context is not None:
        settings["context"] = context
    settings["cookies"] = True if options.cookies is None else _cookies(options.cookies)
    return settings


def _headers(user_agent: str, given: list[tuple[str, str]]) -> dict[str, str]:
    """Return the fields; what is given more than once is one list (RFC 9110 5.3)."""
    names: dict[str, str] = {}
    fields: dict[str, str] = {}
    for name, value in given:
        known = names.setdefault(name.lower(), name)
        separator = "; " if known.lower() == "cookie" else ", "
        fields[known] = f"{fields[known]}{separator}{value}" if known in fields else value
    if "user-agent" not in names:
        fields["User-Agent"] = user_agent
    return fields


def _context(ca: str | None, insecure: bool) -> ssl.SSLContext | None:
    if ca is None and not insecure:
        return None
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--ca: {ca} has no certificates that can be read: {error}") from error
    context.set_alpn_protocols(["http/1.1"])
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _cookies(path: str) -> Any:
    from http.cookiejar import LoadError

    from .._web.cookies import Cookies

    cookies = Cookies()
    try:
        # A cookie of a session is why people hand over such a file.
        cookies.load(path, ignore_discard=True)
    except (OSError, LoadError) as error:
        raise UsageError(f"--cookies: cannot read {path}: {error}") from error
    return cookies
