"""What must hold of a jar of cookies, whatever servers send: tests/web/cookie_invariants.py.

An input is a list of answers. Its bytes below 0x80 stand for themselves, those above for words of
which fields are made; 0x1E ends a field. 0x1F ends an answer, and the three bytes behind it say
where the next one comes from, and when.
"""

from __future__ import annotations

from ..web.cookie_invariants import HOSTS, TARGETS, WORDS, Step, broken
from .verdict import Finding

_MOST_STEPS = 12
_LATER = (0.0, 0.0, 1.0, 10.0, 1e7)


def decode(data: bytes) -> list[Step]:
    """Return the answers that an input stands for; what is missing of their settings is 0."""
    return [_step(part) for part in data.split(b"\x1f")[:_MOST_STEPS]]


def _step(data: bytes) -> Step:
    where, what, when = data[:3].ljust(3, b"\0")
    text = "".join(chr(byte) if byte < 128 else WORDS[byte % len(WORDS)] for byte in data[3:])
    return Step(
        tuple(text.split("\x1e")),
        bool(where & 1),
        HOSTS[(where >> 1) % len(HOSTS)],
        TARGETS[what % len(TARGETS)],
        _LATER[when % len(_LATER)],
    )


def verdict(steps: list[Step]) -> list[Finding]:
    """Return what is wrong with what a jar made of these answers."""
    return [Finding(said.partition(":")[0], said) for said in broken(steps)]
