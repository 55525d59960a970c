"""Fixtures: one twin at a time, both at once, and sockets to read from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..implementations import WITHOUT_C
from .sockets import Pair, open_pair
from .twins import Twin, load_twin


@pytest.fixture(scope="session")
def twin(implementation: str) -> Twin:
    """Each twin in turn; `implementation` (tests/conftest.py) refuses to go without C unnoticed."""
    return load_twin(implementation)


@pytest.fixture(scope="session")
def both() -> tuple[Twin, Twin]:
    """Both twins, the compiled one first."""
    if WITHOUT_C:
        pytest.skip("there is no compiled twin here, and none is meant to be")
    return load_twin("c"), load_twin("py")


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two connected sockets: `pair.near` is read from, `pair.far` is written to."""
    with open_pair() as opened:
        yield opened


@pytest.fixture
def open_file(twin: Twin) -> Iterator[Callable[[Any], Any]]:
    """Opens a SocketFile over a socket; it is closed behind the test."""
    with contextlib.ExitStack() as opened:

        def opener(sock: Any) -> Any:
            file = twin.stream.SocketFile(sock)
            opened.callback(file.close)
            return file

        yield opener
