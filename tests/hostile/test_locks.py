"""No lock is waited for by the thread that holds it, and no child inherits one that is held.

Of the locks in the package, those of install() and of counting are reentrant and made anew in a
child; sessions and the list of connections have none.
"""

from __future__ import annotations

import os

import pytest

from .lock_program import ACTS
from .program import run_program

_acts = pytest.mark.parametrize("act", ACTS)


@_acts
def test_a_finalizer_may_run_at_any_line(implementation: str, act: str) -> None:
    """And so may the handler of a signal."""
    assert run_program(implementation, "lock_program", act, "same-thread") > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@_acts
def test_a_child_may_be_forked_at_any_line(implementation: str, act: str) -> None:
    assert run_program(implementation, "lock_program", act, "child") > 5
