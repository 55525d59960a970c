"""Whatever servers send: the invariants of cookie_invariants.py hold."""

from __future__ import annotations

import pytest

from ..drawn import examples
from .cookie_invariants import HOSTS, TARGETS, WORDS, Step, broken

hypothesis = pytest.importorskip("hypothesis")
strategies = hypothesis.strategies

_FIELD = strategies.lists(
    strategies.sampled_from(WORDS) | strategies.text(max_size=3), max_size=9
).map("".join)
_STEP = strategies.builds(
    Step,
    strategies.lists(_FIELD, max_size=6).map(tuple),
    strategies.booleans(),
    strategies.sampled_from(HOSTS),
    strategies.sampled_from(TARGETS),
    strategies.sampled_from((0.0, 1.0, 10.0, 1e7)),
)


@examples(100)
@hypothesis.given(strategies.lists(_STEP, max_size=5))
def test_the_invariants_hold(steps: list[Step]) -> None:
    assert broken(steps) == []


def test_a_broken_one_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from fasthttp._web import cookie_rules

    step = Step(("a=b; Domain=com",), False, "example.com", "/", 0.0)
    assert broken([step]) == []
    monkeypatch.setattr(cookie_rules, "is_public_suffix", lambda name: False)
    assert "for a domain that is not the host's" in broken([step])[0]
