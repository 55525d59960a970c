"""Over the response corpus, `fasthttp.client` differs from the stdlib only where it is meant to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from . import own_rows, pool, wanted
from .check import Result, describe, play
from .deviations import DEVIATIONS, Divergence, recognise
from .files import corpus_directory

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (corpus_directory() / "replay.py").exists(),
        reason=f"the response corpus is not in {corpus_directory()}: set FASTHTTP_CORPUS",
    ),
]

# the fields whose value is checked by the deviations, and by those that replace a whole answer
_TOLD = {"payload", "isclosed_after", "second", "exc_class", "exc_str", "exc_cause", "exc_partial"}
_TOLD_BY_LIMITS = {"exc_class", "exc_str", "exc_partial"}
# those in which every field is
_MODELLED = {deviation.name for deviation in DEVIATIONS if deviation.accounts_for is None}


def _all_recognised(result: Result) -> None:
    described = "\n".join(map(describe, result.unrecognised[:20]))
    assert not result.unrecognised, f"{len(result.unrecognised)} not recognised\n{described}"


def _told_by(name: str, case: Divergence) -> set[str]:
    if name in _MODELLED:
        return set(case.module)
    limits = name == "hundred-headers" or name.endswith("-limited")
    return _TOLD_BY_LIMITS if limits else _TOLD


def _falsified(name: str, case: Divergence) -> Iterator[Divergence]:
    """Yield the case with another answer of fasthttp's, and with other responses."""
    for field in sorted(_told_by(name, case) & case.module.keys()):
        yield replace(case, module={**case.module, field: "something else"})
    other = {**case.module, "body": "something else"}
    yield replace(case, module=other, stdlib={**case.stdlib, "body": "x"})
    yield replace(case, raw=b"HTTP/1.1 200 OK\r\n\r\n")
    if name != wanted.RECONNECT:  # which this would show as well
        yield replace(case, raw=b"not HTTP")


def _agreeing(case: Divergence) -> Iterator[Divergence]:
    """Yield the case with one field after the other as the stdlib has it."""
    for name in case.module:
        rest = case.module.keys() - {name}
        yield replace(
            case,
            module={other: case.module[other] for other in rest},
            agreed={**case.agreed, name: case.stdlib[name]},
        )


def test_without_sockets(implementation: str) -> None:
    result = play(implementation, "fake")
    assert result.cases > 60_000
    _all_recognised(result)


def test_with_sockets(implementation: str) -> None:
    result = play(implementation, "real,reuse", limit=150)
    assert result.cases > 1_000
    _all_recognised(result)


def test_every_deviation_is_met(implementation: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    shows = own_rows.write(rows)
    result = play(implementation, "fake,real,reuse", corpus=rows)
    _all_recognised(result)
    applying = {deviation.name for deviation in DEVIATIONS if deviation.applies()}
    assert set(own_rows.ROWS) == {deviation.name for deviation in DEVIATIONS}
    met = {row: name in result.rows.get(row, ()) for row, name in shows.items()}
    assert met == {row: name in applying for row, name in shows.items()}
    # An older Python's own differences may show in these as well.
    everywhere = {each.name for each in DEVIATIONS if each.pythons.startswith("all")}
    same = {row: result.rows[row] for row in own_rows.SAME if row in result.rows}
    assert not {row: names for row, names in same.items() if everywhere & set(names)}
    assert set(result.examples) == applying
    for name, case in result.examples.items():
        assert recognise(case) == [name]
        for wrong in _falsified(name, case):
            assert not recognise(wrong), wrong
        for wrong in _agreeing(case) if name in _MODELLED else ():
            assert not recognise(wrong), wrong


def test_through_a_pool(implementation: str) -> None:
    result = pool.play(implementation, pool.rows(("whole",)))
    assert result.cases > 6_000
    assert result.reused > 500
    assert result.by_arguments > 50
    assert set(result.names) == {deviation.name for deviation in pool.DEVIATIONS}
    assert result.wrong == []


def test_through_a_pool_in_pieces(implementation: str) -> None:
    result = pool.play(implementation, islice(pool.rows(("pieces", "bytes")), 0, None, 11))
    assert result.cases > 1_000
    assert result.wrong == []
