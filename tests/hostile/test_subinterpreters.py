"""In a sub-interpreter fasthttp works, or its import is refused with ImportError; never a crash.

The main interpreter works in either case. Left to choose, each interpreter finds an implementation
that works there; where the compiled one is insisted on, all but one interpreter may be refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .program import run_program
from .server import serving

_kinds = pytest.mark.parametrize("kind", ["legacy", "isolated"])


def _said(implementation: str | None, kind: str, folder: Path, order: str) -> Any:
    with serving() as server:
        said = run_program(
            implementation, "subinterpreter_program", kind, server.port, folder, order
        )
    if said is None:
        pytest.skip("this Python has no sub-interpreters")
    return said


@_kinds
@pytest.mark.parametrize("order", ["first", "last"])
def test_each_interpreter_finds_what_works(kind: str, order: str, tmp_path: Path) -> None:
    """`order` is when the main interpreter imports it."""
    said = _said(None, kind, tmp_path, order)
    assert [word for word, *_ in said] == ["works"] * len(said), said
    paths = [text.partition(" ")[2] for *_, text in said]
    assert paths == [*["/main"][: order == "first"], "/one", "/two", "/main"]


@_kinds
def test_an_implementation_that_is_insisted_on_works_or_is_refused(
    implementation: str, kind: str, tmp_path: Path
) -> None:
    main, *others, again = _said(implementation, kind, tmp_path, "first")
    assert main[:2] == again[:2] == ["works", implementation]
    for word, detail, text in others:
        if word == "refused":
            assert implementation == "c"
            assert detail == "ImportError"
            assert "FASTHTTP_EXTENSION=1" in text
        else:
            assert (word, detail) == ("works", implementation), text
