"""How many examples Hypothesis draws for a test: a quarter of them where not all is asked for."""

from __future__ import annotations

from typing import Any

#: Set before the first test file is imported: see whole_run.py.
is_full = True


def examples(count: int) -> Any:
    """Settings of a test that draws so many with --full, or where its file is named."""
    from hypothesis import settings

    return settings(deadline=None, max_examples=count if is_full else count // 4)
