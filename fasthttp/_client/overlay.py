"""Puts methods of C, which do what is ordinary, in the place of those of Python, which do all."""

from __future__ import annotations

from functools import update_wrapper

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


def put_over(cls: Any, usual: Any, *names: str) -> None:
    """Put what `usual` has for these methods of a class in their place. The methods are called
    where that steps aside, and found by their `__wrapped__`, as inspect.signature() does.
    """
    for name in names:
        plain = vars(cls)[name]
        over = getattr(usual, f"{name.strip('_')}_over")(plain)
        setattr(cls, name, update_wrapper(over, plain))
