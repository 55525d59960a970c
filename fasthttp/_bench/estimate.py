"""How many times as fast one contestant is as another, and how sure that is.

One estimator for all that is printed: the median of the rounds. A gain is one median divided by
the other, so that the columns of a table divide. On a busy machine of two cores the ratio of the
medians of 15 rounds scattered less than the median of the rounds' ratios, and than ratios of
quartiles or minima: docs/performance.md says what was tried.

How sure it is: rounds are drawn from those that were made, as many and some of them more than
once, and the ratio is taken of each such draw (the percentile bootstrap, at 95 per cent). The
contestants' times of a round stay together, for a slow moment of the machine may hit all of them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

__all__ = ["Gain", "ratio", "spread"]

_DRAWS = 400
#: Of the sorted ratios so many are left out at each end: 2.5 per cent.
_LEFT_OUT = _DRAWS // 40
#: Nearer to 1 than this at both ends of the spread is the same speed, to whoever chooses a client.
_SAME = 0.1


def ratio(above: Sequence[float], below: Sequence[float]) -> float | None:
    """The median of `above` divided by that of `below`; None where that is nothing."""
    if not above or not below or median(below) <= 0:
        return None
    return median(above) / median(below)


def spread(above: Sequence[float], below: Sequence[float]) -> list[float] | None:
    """Between which two values `ratio` is in 95 of 100 runs such as this; None where it is None."""
    middle = ratio(above, below)
    if middle is None:
        return None
    found = [middle]
    for draw in _draws(min(len(above), len(below))):
        drawn = ratio([above[at] for at in draw], [below[at] for at in draw])
        if drawn is not None:
            found.append(drawn)
    found.sort()
    left_out = min(_LEFT_OUT, len(found) // 2)
    # With few rounds the middle one may be at an end itself.
    return [min(found[left_out], middle), max(found[-1 - left_out], middle)]


@lru_cache(maxsize=8)
def _draws(rounds: int) -> list[list[int]]:
    """The same in every process: one file of rounds gives one set of figures."""
    choices = random.Random(rounds).choices
    return [choices(range(rounds), k=rounds) for _ in range(_DRAWS)]


@dataclass(frozen=True)
class Gain:
    """A ratio with its spread, and whether it may be printed as a gain."""

    ratio: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the spread, from its lower end to its upper one, is no wider than what is gained,
        or lost: 0.4 where the ratio is 1.4.
        """
        return self.high - self.low <= abs(self.ratio - 1)

    @property
    def is_same(self) -> bool:
        """Whether both ends of the spread are about 1: what is not gained is known well enough."""
        return not self.is_sure and abs(self.low - 1) <= _SAME and abs(self.high - 1) <= _SAME

    @property
    def off_by(self) -> float:
        """How far the ratio may be off, as a part of it."""
        return max(self.high - self.ratio, self.ratio - self.low) / self.ratio
