"""For type checkers: the arguments of `Pool` that `get` and `fetch` pass on.

Nothing imports this at run time. tests/test_type_hints.py holds it together with `Pool`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPMessage
from typing import Any, TypedDict

from .._web.cookies import Cookies


class OfGet(TypedDict, total=False):
    """Those that are no arguments of a `Request`."""

    total: int
    per_host: int
    delay: float
    timeout: float | None
    idle_timeout: float | None
    queue_timeout: float | None
    max_head_bytes: int | None
    max_response_headers: int | None
    strict: bool
    skip_bad_lines: bool
    on_informational: Callable[[int, str, HTTPMessage], object] | None
    retry_stale: bool
    context: Any
    resolver: Callable[[str, int], Any] | None
    source_address: tuple[str, int] | None
    proxy: str | Iterable[str] | None
    trust_env: bool
    allow: Callable[[str, str, int], object] | None
    retries: int
    cookies: bool | Cookies


class OfFetch(OfGet, total=False):
    """All but those that `fetch` has other defaults for."""

    deadline: float | None
    max_body: int | None
    headers: Mapping[str, Any] | None
