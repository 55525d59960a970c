"""What one input of the fuzzer means: the bytes of an answer, and how they come and are read.

The first `SETTINGS` bytes choose the method, the way of reading, the cuts, the end and the limits;
the others are the answer. Every input means something.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from ..client.response_observer import EXACT_STYLES, LOOSE_STYLES

SETTINGS = 8
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "OPTIONS")
#: "calls" is a mixture of calls; each style of the others reads a body to its end.
STYLES = ("calls", "calls", "calls", *sorted(EXACT_STYLES), *sorted(LOOSE_STYLES))
#: What comes behind the answer: nothing and the server stays, the end of the stream, a reset.
ENDS = ("silence", "silence", "end", "end", "reset")
#: None so small that the answer to the second request would not pass.
MAX_LINES = (65_536, 65_536, 65_536, 65_536, 60, 30, 24)
MAX_HEADERS = (None, None, None, 2)
#: What is asked for beyond http.client; "informed" is with a callback, and a second try.
POLICIES = ("", "", "", "deadline", "strict", "skip_bad_lines", "max_head_bytes", "informed")
#: More would not fit into the kernel's buffer, since each piece takes a packet there.
_MOST_PIECES = 48
_MOST_CALLS = 10

Call = tuple[str, int | None]


@dataclass(frozen=True)
class Plan:
    """One exchange, and a second one behind it on the same connection."""

    method: str
    style: str
    end: str
    max_line: int
    max_headers: int | None
    #: The answer as it arrives, and its tail, which arrives when the rest of it has been read.
    pieces: tuple[bytes, ...]
    late: bytes
    calls: tuple[Call, ...]
    closes: bool
    policy: str

    @property
    def answer(self) -> bytes:
        """All that comes before the second request."""
        return b"".join(self.pieces) + self.late

    def under(self, policy: str) -> Plan:
        """The same under another policy."""
        return replace(self, policy=policy)


def numbers_from(seed: int) -> Iterator[int]:
    """Pseudo-random numbers of 16 bits: the same on every Python, and cheap to start."""
    while True:
        seed = (seed * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
        yield seed >> 15


def cut(answer: bytes, choice: int, numbers: Iterator[int]) -> tuple[bytes, ...]:
    """The pieces in which these bytes arrive: `choice`, a byte, says how many."""
    if choice == 255:  # one byte after another
        ends = list(range(1, min(len(answer), _MOST_PIECES)))
    else:
        ends = sorted(next(numbers) % (len(answer) + 1) for _ in range(choice % 6))
    places = [0, *ends, len(answer)]
    return tuple(answer[i:j] for i, j in pairwise(places) if i < j)


def _calls(numbers: Iterator[int]) -> tuple[Call, ...]:
    names = ("read", "read", "readinto", "readline", "isclosed", "peek", "close")
    calls: list[Call] = []
    for _ in range(next(numbers) % _MOST_CALLS + 1):
        name, size = names[next(numbers) % len(names)], next(numbers) % 64
        takes = name == "readinto" or (name == "read" and size < 56)
        calls.append((name, size if takes else None))
    return tuple(calls)


def decode(data: bytes) -> Plan:
    """The plan that an input stands for; what is missing of its settings is 0."""
    settings, answer = data[:SETTINGS].ljust(SETTINGS, b"\0"), data[SETTINGS:]
    numbers = numbers_from(settings[5] << 8 | settings[6])
    late = settings[7] & 7 if settings[7] & 8 else 0
    tail = answer[len(answer) - late :]
    return Plan(
        method=METHODS[settings[0] % len(METHODS)],
        style=STYLES[settings[1] % len(STYLES)],
        end=ENDS[settings[2] % len(ENDS)],
        max_line=MAX_LINES[settings[3] % len(MAX_LINES)],
        max_headers=MAX_HEADERS[settings[3] // 64],
        pieces=cut(answer[: len(answer) - late], settings[4], numbers),
        late=tail,
        calls=_calls(numbers),
        closes=bool(settings[7] & 16),
        policy=POLICIES[settings[7] >> 5],
    )
