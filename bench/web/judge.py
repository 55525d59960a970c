"""What a client has got wrong, by what was to be expected."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from .site import Expected


class Wrong(NamedTuple):
    """A page that is not what it must be."""

    kind: str
    url: str
    what: str


def judged(expected: Iterable[Expected], outcomes: Iterable[dict[str, Any]]) -> list[Wrong]:
    """Return what is wrong, sorted by kind: each URL counts once."""
    found: dict[str, dict[str, Any]] = {}
    twice = set()
    for outcome in outcomes:
        if outcome["url"] in found:
            twice.add(outcome["url"])
        found[outcome["url"]] = outcome
    wrong = []
    for each in expected:
        what = "given twice" if each.url in twice else _trouble(each, found.get(each.url))
        if what is not None:
            wrong.append(Wrong(each.kind, each.url, what))
    return sorted(wrong)


def _trouble(expected: Expected, outcome: dict[str, Any] | None) -> str | None:
    if outcome is None:
        return "missing"
    error = outcome.get("error")
    if expected.digest is None:
        return None if error is not None else f"a page ({outcome['status']}), not an error"
    if error is not None:
        return str(error)
    if outcome["status"] != expected.status:
        return f"status {outcome['status']}, not {expected.status}"
    if outcome["digest"] != expected.digest:
        return "not the text that it is"
    if outcome["final"] != expected.final:
        return f"from {outcome['final']}, not {expected.final}"
    return None
