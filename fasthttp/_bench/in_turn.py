"""CPU times of a few ways of doing the same, run in turn, so that noise meets all of them."""

import time
from collections.abc import Callable
from statistics import median


def in_turn(ways: dict[str, Callable[[], None]], count: int, rounds: int) -> None:
    """Run each way, which does `count` things, in each round; print the medians for one thing, in
    microseconds, and the ratios to the first way.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            before = time.process_time()
            way()
            taken[name].append((time.process_time() - before) / count * 1e6)
    first = median(next(iter(taken.values())))
    for name, times in taken.items():
        middle = median(times)
        print(f"  {name:44}{middle:7.2f} us of CPU {middle / first:6.2f}x", flush=True)
