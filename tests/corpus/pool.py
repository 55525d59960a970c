"""Play the response corpus to a pool: many rows at once in one run, each by a server of its own.

Every page must be what `fasthttp.incoming.ResponseParser` makes of the same bytes, fed whole under
the same rules; and what a blocking connection with the arguments of `LIKE_A_POOL` gives, but for
`DEVIATIONS`. Behind each row the same server is asked once more: it must be its own answer, and
come over the same connection exactly where the parser says that this is possible.

`python -m tests.corpus.check --ways pool` prints what it comes to.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from fasthttp._bench.implementations import load_package

from ..incoming.outcomes import SCRAPING, Outcome, failure_of, fed, head_of, parser_of, pulled
from ..pool.stage import End, Play, Site, Stage
from .files import corpus_directory

#: What the server does behind a row: it closes the connection, or says nothing more.
ENDINGS = ("ends", "stays")
DELIVERIES = ("whole", "pieces", "bytes")
#: What the pool's own defaults are called on a connection.
LIKE_A_POOL: dict[str, Any] = {"skip_bad_lines": True, "max_response_headers": 1000}
_TOGETHER = 200
_MOST_BYTEWISE = 1000
_SENTINEL = b"HTTP/1.1 299 SENTINEL\r\nContent-Length: 6\r\n\r\nsecond"
_BLANK = re.compile(rb"\n\r?\n")
_SIZE = re.compile(rb"[0-9a-fA-F]+[ \t]*(;|\r?\n?\Z)")


@dataclass(frozen=True)
class Row:
    """A response of the corpus, and how it arrives."""

    identity: str
    method: str
    wire: bytes
    ending: str
    delivery: str

    def pieces(self) -> list[bytes]:
        wire = self.wire
        if self.delivery == "bytes":
            return [wire[at : at + 1] for at in range(len(wire))]
        if self.delivery == "whole":
            return [wire]
        dice = random.Random(self.identity)
        ends = sorted(dice.sample(range(len(wire) + 1), min(len(wire), dice.randint(1, 6))))
        return [wire[a:b] for a, b in zip([0, *ends], [*ends, len(wire)], strict=True)]


@dataclass(frozen=True)
class Deviation:
    """A difference from a blocking connection: why it is wanted, and how it is known by the bytes
    and by what a pool and a blocking connection made of them.
    """

    name: str
    reason: str
    accounts_for: Callable[[bytes, Outcome, Outcome], bool]


def _is_cut_head(wire: bytes, got: Outcome, blocking: Outcome) -> bool:
    told = got.error == (
        "HTTPException",
        "the connection ended within headers (RFC 9112 section 8)",
    )
    return told and len(_BLANK.findall(wire)) == len(got.informational)


def _is_cut_trailers(wire: bytes, got: Outcome, blocking: Outcome) -> bool:
    told = "the connection ended within trailers (RFC 9112 section 8)"
    last = re.split(rb"\r\n0+[ \t]*(?:;[^\n]*)?(?:\r?\n|\r?\Z)", wire)[-1]
    return (
        got.error == ("HTTPException", told)
        and not _BLANK.search(b"\n" + last)
        and (blocking.error, blocking.head) == (None, got.head)
    )


def _lines_that_are_no_sizes(wire: bytes) -> list[bytes]:
    lines = re.findall(rb"[^\n]*\n", _BLANK.split(wire, maxsplit=1)[-1])
    return [line for line in lines if _SIZE.match(line) is None]


def _is_no_size(wire: bytes, got: Outcome, blocking: Outcome) -> bool:
    return (
        got.error is not None
        and (got.error[0], blocking.error) == ("MalformedChunk", ("IncompleteRead", ""))
        and not _differing(replace(got, error=blocking.error), blocking)
    )


def _is_another_size(wire: bytes, got: Outcome, blocking: Outcome) -> bool:
    return (
        got.error is not None
        and got.error[0] == "MalformedChunk"
        and got.head == blocking.head
        and (blocking.error is None or len(got.body) < len(blocking.body))
        and blocking.body.startswith(got.body)
        and any(map(_is_number, _lines_that_are_no_sizes(wire)))
    )


def _is_number(line: bytes) -> bool:
    """Whether `int` takes a size line, as it does with a sign, a prefix and white space."""
    try:
        return int(line.partition(b";")[0], 16) >= 0
    except ValueError:
        return False


DEVIATIONS = (
    Deviation(
        "head-cut",
        "a head that the end of the connection cuts may lack the field that says where its body"
        " ends: it is an error, and for http.client a response",
        _is_cut_head,
    ),
    Deviation(
        "trailers-cut",
        "so may a trailer section that is cut; all of the body had come, and is the page's",
        _is_cut_trailers,
    ),
    Deviation(
        "size-refused",
        "the error says which line is no chunk size: a `MalformedChunk`, which is an"
        " `IncompleteRead`",
        _is_no_size,
    ),
    Deviation(
        "size-that-others-read-otherwise",
        "a chunk size with a sign, a prefix, an underscore or white space before it is another"
        " number, or none, to other readers",
        _is_another_size,
    ),
)


@dataclass
class Result:
    """What came of it: pages, names of deviations, and what is wrong."""

    cases: int = 0
    reused: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    #: How many pages are other than by a connection without arguments, and no deviation.
    by_arguments: int = 0
    wrong: list[str] = field(default_factory=list)


def rows(deliveries: tuple[str, ...], corpus: Path | None = None) -> Iterator[Row]:
    """Every row of the corpus, in every way."""
    with (corpus or corpus_directory() / "corpus.jsonl").open(encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    for ending in ENDINGS:
        for delivery in deliveries:
            for row in read:
                wire = base64.b64decode(row["raw_base64"])
                if delivery == "bytes" and len(wire) > _MOST_BYTEWISE:
                    continue
                yield Row(row["id"], row["request_method"], wire, ending, delivery)


@dataclass
class _Trial:
    row: Row
    site: Site
    pages: list[Any] = field(default_factory=list)
    first: End | None = None
    second: End | None = None


def play(implementation: str, chosen: Iterator[Row]) -> Result:
    """Play the rows, and hold their pages to what they must be."""
    result = Result()
    package = load_package(implementation)
    with Stage() as stage:
        sites = [stage.site() for _ in range(_TOGETHER)]
        while batch := list(islice(chosen, _TOGETHER)):
            trials = [_Trial(row, site) for row, site in zip(batch, sites, strict=False)]
            told = _play(package, stage, trials)
            for trial in trials:
                _judge(implementation, trial, told, result)
            result.wrong += [
                f"told of {call} {count} times" for call, count in told.items() if count
            ]
            stage.clear()
    return result


def _play(package: ModuleType, stage: Stage, trials: list[_Trial]) -> Counter[str]:
    """Let a pool ask for all of them. Return what interim responses it told of."""
    told: Counter[str] = Counter()

    def tell(*call: Any) -> None:
        told[_called(*call)] += 1

    by_port = {trial.site.port: trial for trial in trials}
    for trial in trials:
        trial.site.play = _serving(trial)
    with stage.pool(package, total=2 * len(trials), timeout=5.0, on_informational=tell) as pool:
        for path in ("/first", "/second"):
            requests = [
                package.Request(
                    trial.site.url(path), trial.row.method if path == "/first" else "GET"
                )
                for trial in trials
            ]
            while stage.turn():
                pass  # what servers have to say behind their answers
            for page in pool.map(requests):
                by_port[int(page.url.split(":")[2].split("/")[0])].pages.append(page)
    return told


def _called(status: int, reason: str, headers: Any) -> str:
    return f"{status} {reason!r} {headers if type(headers) is list else headers.items()}"


def _serving(trial: _Trial) -> Callable[[End], Play]:
    def play(end: End) -> Play:
        while (request := (yield from end.request())) is not None:
            if request[0] == "/second":
                trial.second = end
                end.say(_SENTINEL)
                continue
            trial.first = end
            for piece in trial.row.pieces():
                end.say(piece)
                yield 0.0
            if trial.row.ending == "ends":
                end.stop()
                return

    return play


def _seen(page: Any) -> Outcome:
    """What a page says."""
    outcome = Outcome()
    if page.status is not None:
        outcome.head = head_of(page)
    outcome.body = page.body
    outcome.trailers = page.trailers.items()
    outcome.skipped = list(page.skipped_lines)
    if page.error is not None:
        outcome.error = failure_of(page.error)
    return outcome


def _expected(implementation: str, row: Row) -> Outcome:
    """What the parser makes of the row."""
    outcome = fed(implementation, [row.wire], row.method, **SCRAPING)
    parser = parser_of(implementation, row.method, **SCRAPING)
    try:
        content = parser.feed(row.wire)
    except HTTPException:
        return outcome
    if row.ending == "ends":
        return outcome
    outcome = Outcome(body=content, informational=outcome.informational)
    outcome.can_reuse = parser.can_reuse
    outcome.skipped = parser.skipped_lines
    outcome.trailers = parser.trailers.items()
    if parser.head is not None:
        outcome.head = head_of(parser.head)
    if not parser.ended:
        outcome.error = ("TimeoutError", "nothing came for 5 seconds, the pool's timeout")
    return outcome


def _judge(implementation: str, trial: _Trial, told: Counter[str], result: Result) -> None:
    """Hold the pages to what they must be, and take from `told` what the first had to tell of."""
    row = trial.row
    result.cases += 1
    name = f"{row.identity} {row.method} {row.ending} {row.delivery} {row.wire!r:.200}"
    if len(trial.pages) != 2:
        result.wrong.append(f"{name}: {len(trial.pages)} pages")
        return
    page, second = trial.pages
    got, expected = _seen(page), _expected(implementation, row)
    told.subtract(_called(*call) for call in expected.informational)
    result.kinds["answer" if got.error is None else got.error[0]] += 1
    differing = _differing(got, expected)
    if differing:
        result.wrong.append(f"{name}: not what the parser gives\n{differing}")
    if (second.status, second.body, second.error) != (299, b"second", None):
        result.wrong.append(f"{name}: the next answer is {second}, {second.body!r}")
    reused = trial.second is trial.first
    result.reused += reused
    if reused is not (row.ending == "stays" and expected.can_reuse):
        heard = [end.heard for end in trial.site.ends]
        which = "" if reused else "not "
        text = f"{which}used for the next request: {heard}, {second.tries} tries"
        result.wrong.append(f"{name}: {text}")
    if row.ending == "ends":
        _judge_by_blocking(implementation, row, expected, name, result)


def _judge_by_blocking(
    implementation: str, row: Row, got: Outcome, name: str, result: Result
) -> None:
    """Hold what the parser gave to what a blocking connection gives."""
    blocking = pulled(implementation, row.wire, row.method, **LIKE_A_POOL)
    if got.error == blocking.error and got.error is not None and got.error[0] != "IncompleteRead":
        got = replace(got, body=blocking.body)  # of which a connection's error says nothing
    if differing := _differing(got, blocking):
        names = [each.name for each in DEVIATIONS if each.accounts_for(row.wire, got, blocking)]
        result.names.update(names)
        if len(names) != 1:
            result.wrong.append(f"{name}: not as blocking, {names}\n{differing}")
    elif _differing(got, pulled(implementation, row.wire, row.method)):
        result.by_arguments += 1


def _differing(one: Outcome, other: Outcome) -> str:
    """The fields that differ, as text; of the verdict on the connection the server tells."""
    first, second = asdict(one), asdict(other)
    ignored = {"framing", "informational", "can_reuse"}
    return "\n".join(
        f"    {name:10} {first[name]!r:.300}\n    {'':10} {second[name]!r:.300}"
        for name in first
        if name not in ignored and first[name] != second[name]
    )
