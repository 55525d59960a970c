"""The commands `bench` and `info`: arguments in, exit status out."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from . import report, stacks
from .contestants import house_contestants
from .environment import describe, information
from .hosting import Cores, Place, ServerError, choose_cores, hosted
from .measure import Pace, Row, race
from .processes import in_own_process
from .rivals import RIVALS, rival_contestant
from .scenarios import DEFAULT, SCENARIOS, Scenario
from .visits import Contestant

__all__ = ["add_bench", "bench", "info"]

_FEWEST = 3


class _UsageError(Exception):
    """Something asked for cannot be had; the message says what."""


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `bench`."""
    listed = "\n".join(
        f"  {name:<14} {scenario.what}{'' if scenario.default else '  (not by default)'}"
        for name, scenario in SCENARIOS.items()
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"scenarios:\n{listed}"
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--scenario", metavar="A,B", help="only these (see below)")
    which.add_argument("--all", action="store_true", help="all scenarios")
    which.add_argument(
        "--install",
        action="store_true",
        help="instead: what fasthttp.install() does for "
        f"{', '.join(stacks.STACKS)}, where installed",
    )
    parser.add_argument(
        "--against", metavar="A,B", help=f"more clients, where installed: {', '.join(RIVALS)}"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="default 15, at least 3")
    parser.add_argument("--quick", action="store_true", help="3 rounds, shorter: a first look")
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS",
        help="give the sockets of http.client, fasthttp and the floor a time-out, as many programs"
        " do (a poll() more per call); default: none, as http.client",
    )  # fmt: skip
    parser.add_argument(
        "--cores", choices=("apart", "shared", "any"), default="apart",
        help="pin client and server to a core each (default; the server's is kept awake), both to"
        " one, or not at all",
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write every figure, and the environment")


def info(arguments: argparse.Namespace) -> int:
    """Print which fasthttp runs on what."""
    print(information())
    return 0


def bench(arguments: argparse.Namespace) -> int:
    """Measure, print the table; 1 if an answer of fasthttp, http.client or the floor is wrong."""
    try:
        pace = _pace(arguments)
        if arguments.install:
            return _bench_install(arguments, pace)
        scenarios = _scenarios(arguments)
        file = _writable(arguments.json)
        house = _house()
        contestants = [*house, *_rivals(arguments.against)]
        cores = choose_cores(arguments.cores)
        environment = describe()
        print(report.heading(environment, pace, cores), end="\n\n", flush=True)
        results = _run(scenarios, contestants, pace, cores, arguments.timeout)
    except _UsageError as error:
        print(f"python -m fasthttp bench: {error}", file=sys.stderr)
        return 2
    except ServerError as error:
        print(f"python -m fasthttp bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    print(report.table(results), report.closing(), sep="\n\n")
    if file is not None:
        everything = report.as_json(environment, results, pace, cores, arguments.timeout)
        file.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    ours = {each.name for each in house}
    wrong = [row for _, rows in results for row in rows if row.state == "wrong"]
    return 1 if any(row.contestant in ours for row in wrong) else 0


def _bench_install(arguments: argparse.Namespace, pace: Pace) -> int:
    """Measure the stacks with install() and without; 1 if an answer was wrong."""
    cores = choose_cores(arguments.cores)
    print(report.heading(describe(), pace, cores), end="\n\n", flush=True)
    with hosted(stacks.paths(), cores, timeout=arguments.timeout) as place:
        outcomes, missing = stacks.measure_stacks(place, pace)
    print(stacks.table(outcomes, missing))
    wrong = any(row.state == "wrong" for _, _, *rows in outcomes for row in rows)
    return int(wrong)


def _run(
    scenarios: Sequence[Scenario],
    contestants: Sequence[Contestant],
    pace: Pace,
    cores: Cores | None,
    timeout: float | None,
) -> list[tuple[Scenario, list[Row]]]:
    progress = report.Progress(len(scenarios), pace.rounds)
    paths = sorted({scenario.path for scenario in scenarios})
    tls = any(scenario.way == "connect" for scenario in scenarios)
    results = []
    with ExitStack() as stack:
        place: Place = stack.enter_context(hosted(paths, cores, tls=tls, timeout=timeout))
        stack.callback(progress.end)
        for scenario in scenarios:
            progress.start(scenario.name)
            rows = race(scenario, contestants, place, pace, progress.tick)
            results.append((scenario, rows))
    return results


def _names(given: str) -> list[str]:
    """The names in a list with commas, each once."""
    return list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def _scenarios(arguments: argparse.Namespace) -> list[Scenario]:
    if arguments.all:
        return list(SCENARIOS.values())
    names = DEFAULT if arguments.scenario is None else _names(arguments.scenario)
    for name in names:
        if name not in SCENARIOS:
            raise _UsageError(f"no scenario {name!r}; there are: {', '.join(SCENARIOS)}")
    if not names:
        raise _UsageError("--scenario names none")
    return [SCENARIOS[name] for name in names]


def _pace(arguments: argparse.Namespace) -> Pace:
    usual = Pace()
    rounds: int = _FEWEST if arguments.quick else usual.rounds
    if arguments.rounds is not None:
        rounds = arguments.rounds
    if rounds < _FEWEST:
        raise _UsageError(f"a median needs at least {_FEWEST} rounds, not {rounds}")
    if arguments.timeout is not None and arguments.timeout <= 0:
        raise _UsageError("a time-out must be more than 0 seconds")
    return Pace(rounds, usual.batch / 3 if arguments.quick else usual.batch)


def _writable(given: str | None) -> Path | None:
    """The file for the JSON, found out to be writable before a minute is spent."""
    if given is None:
        return None
    file = Path(given)
    try:
        file.open("ab").close()
    except OSError as error:
        raise _UsageError(f"cannot write {given}: {error.strerror}") from error
    return file


def _house() -> list[Contestant]:
    try:
        return house_contestants()
    except ImportError as error:
        raise _UsageError(f"fasthttp cannot be imported: {error}") from error


def _rivals(given: str | None) -> list[Contestant]:
    found: list[Contestant] = []
    for name in _names(given or ""):
        if name not in RIVALS:
            raise _UsageError(f"--against knows no {name!r}; it knows: {', '.join(RIVALS)}")
        try:
            rival_contestant(name)
            found.append(in_own_process(name, name))
        except ImportError as error:
            raise _UsageError(f"{error}; try: python -m pip install {name}") from error
    return found
