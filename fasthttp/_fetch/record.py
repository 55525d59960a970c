"""What came of a URL, and the JSON object that says so."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from .._pool import Page

__all__ = ["Result", "body_of", "error_of", "row_of"]

_TEXTUAL = re.compile(
    r"text/.*|application/(?:.*[+.-])?(?:json|xml|javascript|ecmascript|x-www-form-urlencoded)"
)


@dataclass(frozen=True)
class Result:
    """What came of a URL that was asked for, as it was given."""

    url: str
    #: None where nothing was sent.
    page: Page | None
    error: Exception | None
    #: What was waited for; "robots" where robots.txt refuses the page.
    phase: str | None

    @classmethod
    def of(cls, url: str, page: Page) -> Result:
        """Return what a page says."""
        return cls(url, page, page.error, page.phase)


def error_of(error: Exception | None) -> str | None:
    """Return the kind of an error and what it says; None for none."""
    if error is None:
        return None
    said = str(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def row_of(result: Result) -> dict[str, Any]:
    """Return what JSON says of a result, but for its body."""
    page = result.page
    return {
        "url": result.url,
        "final_url": result.url if page is None else page.url,
        "status": None if page is None else page.status,
        "reason": None if page is None else page.reason,
        "headers": [] if page is None else _fields(page),
        "error": error_of(result.error),
        "phase": result.phase,
        "elapsed": 0.0 if page is None else round(page.elapsed, 6),
        "tries": 0 if page is None else page.tries,
        "history": [] if page is None else _history(page),
    }


def body_of(page: Page, is_decoded: bool) -> dict[str, Any]:
    """Return what JSON says of a body: a "text" where it is one, else a "body" in base64.

    `is_decoded` says whether content codings were to be undone.
    """
    if not _is_textual(page, is_decoded):
        return {"body": b64encode(page.body).decode("ascii")}
    return {"charset": page.charset, "text": page.text}


def _is_textual(page: Page, is_decoded: bool) -> bool:
    """Return whether a body is text, and not coded any more."""
    if page.getheader("Content-Encoding") and not (is_decoded and page.error is None):
        return False
    kind = (page.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    return _TEXTUAL.fullmatch(kind) is not None


def _fields(page: Page) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in page.raw_headers]


def _history(page: Page) -> list[dict[str, Any]]:
    return [{"url": before.url, "status": before.status} for before in page.history]
