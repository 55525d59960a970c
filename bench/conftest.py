"""How the codec is measured: no figure without a right answer.

Run with `python -m pytest bench`; a group is one piece of work, its rows are who does it.
"""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def compare(benchmark: Any) -> Callable[[str, Callable[[], Any], Any], None]:
    """compare(group, work, right): check what `work` answers, then time it."""

    def run(group: str, work: Callable[[], Any], right: Any) -> None:
        benchmark.group = group
        answer = work()
        assert answer == right
        benchmark(work)

    return run
