"""What `Pool` and `Page` do not have yet. It goes when they have it."""

from __future__ import annotations

import inspect
from typing import Any

from .._pool import Page, Pool
from .._web import charsets


def supported(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what `Pool` takes of its arguments."""
    taken = inspect.signature(Pool).parameters
    return {name: value for name, value in settings.items() if name in taken}


def history_of(page: Page) -> list[Page]:
    """Return the pages before it."""
    return list(getattr(page, "history", ()))


def charset_of(page: Page) -> str:
    """Return `page.charset`."""
    return charsets.charset_of(page.getheader("Content-Type"), page.body)


def text_of(page: Page) -> str:
    """Return `page.text`."""
    return charsets.text_of(page.getheader("Content-Type"), page.body)
