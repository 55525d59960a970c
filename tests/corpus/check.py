"""Play the response corpus to `fasthttp.client`, and sort what differs from the running stdlib.

    python -m tests.corpus.check                          # all ways, both implementations
    python -m tests.corpus.check --ways fake              # without sockets: half a minute
    python -m tests.corpus.check --ways real,reuse --limit 150
    python -m tests.corpus.check --ways pool              # pages of a pool: see pool.py

files.py says where the corpus is looked for. Every divergence that is not one of `deviations.py`
is printed; any makes the exit status 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import pool
from .deviations import Divergence, recognise
from .files import corpus_directory

EXTENSION = {"c": "1", "py": "0"}
SECONDS = 3600

# Runs in the process that replays. A reconnect must fail, and without asking the network. Where
# anything differs, the report has to have every field: what both gave may not be what is wanted.
_PLAY = """
import runpy, socket, sys
wanted, sys.argv = sys.argv[1], sys.argv[2:]
import fasthttp
assert wanted in ("", fasthttp.implementation), (wanted, fasthttp.implementation)
def getaddrinfo(host, *rest, _real=socket.getaddrinfo, **more):
    if host == "h.invalid":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _real(host, *rest, **more)
socket.getaddrinfo = getaddrinfo
main = runpy.run_path(sys.argv[0])["main"]
replay = main.__globals__
def diff(theirs, ours, _real=replay["diff"]):
    hard, soft = _real(theirs, ours)
    names = replay["HARD"] + replay["SOFT"] if hard or soft else ()
    return hard, soft + [name for name in names if name not in hard + soft]
replay["diff"] = diff
sys.exit(main())
"""


class ReplayError(Exception):
    """replay.py could not be run, or did not finish."""


@dataclass
class Result:
    """What came of one replay."""

    summary: str
    cases: int
    names: Counter[str] = field(default_factory=Counter)
    rows: dict[str, set[str]] = field(default_factory=dict)
    examples: dict[str, Divergence] = field(default_factory=dict)
    unrecognised: list[dict[str, Any]] = field(default_factory=list)


def read_raws(corpus: Path) -> dict[str, bytes]:
    """Return the whole response of every row, by its id: replay.py's report has but the start."""
    with corpus.open(encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines)
        return {row["id"]: base64.b64decode(row["raw_base64"]) for row in rows}


def _command(out: Path, corpus: Path, ways: str, limit: int | None) -> list[str]:
    replay = [str(corpus_directory() / "replay.py"), "--module", "fasthttp.client"]
    replay += ["--corpus", str(corpus), "--way", ways, "--json", str(out), "--show", "0"]
    if corpus.parent != corpus_directory():
        replay += ["--style", "all"]  # a few rows only
    return replay + (["--limit", str(limit)] if limit else [])


def _run(command: Sequence[str], implementation: str, scratch: str) -> str:
    """Run replay.py in a process of its own; return the line it sums up with.

    In `scratch`, because Python finds first what is where it stands.
    """
    import fasthttp

    environment = dict(os.environ)
    environment["FASTHTTP_EXTENSION"] = EXTENSION[implementation]
    environment["PYTHONPATH"] = str(Path(fasthttp.__file__).parents[1])
    process = subprocess.run(
        [sys.executable, "-c", _PLAY, implementation, *command],
        env=environment,
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    summary = re.search(r"^module=.*cases=[1-9].*$", process.stdout, re.MULTILINE)
    if process.returncode not in (0, 1) or not summary:
        raise ReplayError(f"exit status {process.returncode}\n{process.stdout[-4000:]}")
    return summary[0]


def _differing(record: dict[str, Any]) -> list[str]:
    theirs, ours = record["stdlib"], record["module"]
    return [name for name in record["hard"] + record["soft"] if theirs[name] != ours[name]]


def _divergence(record: dict[str, Any], raws: dict[str, bytes]) -> Divergence:
    differing = _differing(record)
    return Divergence(
        raw=raws[record["id"]],
        identity=record["id"],
        **{name: record[name] for name in ("method", "way", "delivery", "style")},
        stdlib={name: record["stdlib"][name] for name in differing},
        module={name: record["module"][name] for name in differing},
        agreed={name: v for name, v in record["module"].items() if name not in differing},
    )


def play(
    implementation: str, ways: str, limit: int | None = None, corpus: Path | None = None
) -> Result:
    """Replay `corpus` (the whole one unless given) in `implementation`, and sort what differs."""
    corpus = (corpus or corpus_directory() / "corpus.jsonl").resolve()
    raws = read_raws(corpus)
    with tempfile.TemporaryDirectory(prefix="fasthttp-corpus-") as scratch:
        out = Path(scratch, "divergences.json")
        summary = _run(_command(out, corpus, ways, limit), implementation, scratch)
        records = json.loads(out.read_text())
    result = Result(summary, int(summary.partition("cases=")[2].split()[0]))
    for record in records:
        case = _divergence(record, raws)
        names = recognise(case)
        result.names.update(names)
        if len(names) == 1:
            result.examples.setdefault(names[0], case)
        result.rows.setdefault(record["id"], set()).update(names)
        if not names:
            result.unrecognised.append(record)
    return result


def describe(record: dict[str, Any]) -> str:
    """Return a divergence as text."""
    lines = ["{source} | {name} | {id} | {method} {way}/{delivery}/{style}".format(**record)]
    lines.append(f"    raw        {record['raw']!r:.300}")
    for name in _differing(record):
        ours, theirs = record["module"][name], record["stdlib"][name]
        lines.append(f"    {name:10} stdlib={theirs!r:.150}  fasthttp={ours!r:.150}")
    return "\n".join(lines)


def _report(implementation: str, result: Result, show: int) -> None:
    print(f"{implementation}: {result.summary}")
    for name, count in result.names.most_common():
        print(f"    {count:6}  {name}")
    print(f"    {len(result.unrecognised):6}  not recognised")
    for record in result.unrecognised[:show]:
        print(describe(record))


def _play_to_a_pool(implementation: str, show: int) -> bool:
    """Play the corpus to a pool. Return whether something is wrong."""
    result = pool.play(implementation, pool.rows(pool.DELIVERIES))
    print(f"{implementation}: pool, {result.cases} cases, {result.reused} connections used again")
    for name, count in result.names.most_common():
        print(f"    {count:6}  {name}")
    print(f"    {result.by_arguments:6}  as by a connection with {pool.LIKE_A_POOL}")
    print(f"    {len(result.wrong):6}  wrong")
    print("\n".join(result.wrong[:show]))
    return bool(result.wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ways", default="fake,real,reuse,pool")
    parser.add_argument("--implementation", choices=EXTENSION, action="append")
    parser.add_argument("--limit", type=int, help="play so many rows only, chosen at random")
    parser.add_argument("--show", type=int, default=1000, help="how many to print in full")
    options = parser.parse_args(arguments)
    if not (corpus_directory() / "replay.py").exists():
        print(f"no corpus in {corpus_directory()}: set FASTHTTP_CORPUS", file=sys.stderr)
        return 2
    failed = False
    ways = options.ways.split(",")
    others = ",".join(way for way in ways if way != "pool")
    for implementation in options.implementation or EXTENSION:
        if "pool" in ways:
            failed = _play_to_a_pool(implementation, options.show) or failed
        if not others:
            continue
        result = play(implementation, others, options.limit)
        _report(implementation, result, options.show)
        failed = failed or bool(result.unrecognised)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
