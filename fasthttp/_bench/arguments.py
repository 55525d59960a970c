"""The arguments of `bench`: what can be asked for, and whether it can be had."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from . import stacks
from .contestants import house_contestants
from .measure import Pace
from .processes import in_own_process
from .rivals import RIVALS, rival_contestant
from .scenarios import DEFAULT, FAMILIES, SCENARIOS, Scenario
from .visits import Contestant

__all__ = [
    "REQUESTS", "Entrants", "UsageError", "add_bench", "check", "entrants", "listing", "names",
    "pace_of", "scenarios_of", "writable",
]  # fmt: skip

_FEWEST = 3

#: The most that a server of the user's own is sent, where nothing else is said.
REQUESTS = 1000


class UsageError(Exception):
    """Something asked for cannot be had; the message says what."""


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `bench`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--list", action="store_true", help="say what can be measured, and end")
    which.add_argument("--scenario", metavar="A,B", help="only these (see --list)")
    which.add_argument("--all", action="store_true", help="all scenarios")
    which.add_argument(
        "--url", help="instead: a server of your own; GET, over http or https, politely"
    )
    which.add_argument(
        "--install",
        action="store_true",
        help="instead: what fasthttp.install() does for "
        f"{', '.join(stacks.STACKS)}, where installed",
    )
    parser.add_argument(
        "--against",
        metavar="A,B",
        default="",
        help=f"more clients: {', '.join(RIVALS)}; or all, which is those that are installed",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="default 15, at least 3")
    parser.add_argument("--quick", action="store_true", help="3 rounds, shorter: a first look")
    parser.add_argument(
        "--requests",
        type=int,
        metavar="N",
        help=f"with --url: the most that are sent in all; default {REQUESTS:,}",
    )
    parser.add_argument(
        "--cafile", metavar="FILE", help="with --url: certificates (PEM) to trust, not the system's"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="give the sockets of http.client, fasthttp and the floor a time-out, as many programs"
        " do (a poll() more per call); default: none, as http.client; with --url: all clients, 30",
    )
    parser.add_argument(
        "--cores",
        choices=("apart", "shared", "any"),
        help="pin client and server to a core each (default; the server's is kept awake), both to"
        " one, or not at all",
    )
    parser.add_argument("--json", metavar="FILE", help="write every figure, and the environment")
    parser.add_argument("--chart", metavar="FILE", help="draw the times, as SVG")


def listing() -> str:
    """All scenarios and clients, by name."""
    width = max(map(len, [*SCENARIOS, *RIVALS])) + 2
    families = "; ".join(f"{name}: all of that name" for name in FAMILIES)
    lines = [f"scenarios (--scenario A,B, or --all; {families}):"]
    for name, scenario in SCENARIOS.items():
        rare = "" if scenario.default else " (not by default)"
        lines.append(f"  {name:<{width}}{scenario.what}{rare}")
    lines += ["", "clients (--against A,B, or --against all for those installed):"]
    everyone = entrants("all")
    installed, missing = everyone.clients, everyone.missing
    for name in RIVALS:
        lines.append(f"  {name:<{width}}{'installed' if name in installed else 'not installed'}")
    if missing:
        lines += ["", f"to install those: python -m pip install {' '.join(missing)}"]
    return "\n".join(lines)


def check(arguments: argparse.Namespace) -> None:
    """See that the arguments go together. Raises UsageError."""
    with_url = {
        "--requests": arguments.requests is not None,
        "--cafile": arguments.cafile is not None,
    }
    for option, given in with_url.items():
        if given and arguments.url is None:
            raise UsageError(f"{option} is for --url: give both, or neither")
    if arguments.url is not None and arguments.cores:
        raise UsageError("--cores is not for --url: only a server of this command's is pinned")
    if arguments.install and (arguments.against or arguments.chart):
        raise UsageError("--install goes with neither --against nor --chart")
    if arguments.timeout is not None and arguments.timeout <= 0:
        raise UsageError(f"--timeout must be more than 0 seconds, not {arguments.timeout:g}")


def names(given: str) -> list[str]:
    """The names in a list with commas, each once."""
    return list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def scenarios_of(arguments: argparse.Namespace) -> list[Scenario]:
    """The scenarios asked for."""
    if arguments.all:
        return list(SCENARIOS.values())
    given = DEFAULT if arguments.scenario is None else names(arguments.scenario)
    for name in given:
        if name not in SCENARIOS and name not in FAMILIES:
            known = ", ".join([*SCENARIOS, *FAMILIES])
            raise UsageError(f"no scenario {name!r}; there are: {known}")
    wanted = dict.fromkeys(each for name in given for each in FAMILIES.get(name, [name]))
    if not wanted:
        raise UsageError("--scenario names none: --list says which there are")
    return [SCENARIOS[name] for name in wanted]


def pace_of(arguments: argparse.Namespace) -> Pace:
    """How long to measure."""
    usual = Pace()
    rounds: int = _FEWEST if arguments.quick else usual.rounds
    if arguments.rounds is not None:
        rounds = arguments.rounds
    if rounds < _FEWEST:
        raise UsageError(f"a median needs at least {_FEWEST} rounds, not {rounds}")
    return Pace(rounds, usual.batch / 3 if arguments.quick else usual.batch)


def writable(given: str | None) -> Path | None:
    """A file to write, found out to be writable before a minute is spent."""
    if given is None:
        return None
    file = Path(given)
    try:
        file.open("ab").close()
    except OSError as error:
        raise UsageError(f"cannot write {given}: {error.strerror}") from error
    return file


@dataclass(frozen=True)
class Entrants:
    """Who takes part."""

    contestants: list[Contestant]
    #: Those among them that are not of the house.
    clients: list[str]
    #: Those that would be if they were installed.
    missing: list[str]


def entrants(against: str) -> Entrants:
    """The house, and whom `--against` names.

    Who names a client wants its figures: where it is not installed, that is an error. `all` means
    those that are there. Raises UsageError.
    """
    everyone = names(against) == ["all"]
    wanted = list(RIVALS) if everyone else names(against)
    installed, missing = [], []
    for name in wanted:
        if name not in RIVALS:
            raise UsageError(f"--against knows no {name!r}; it knows: {', '.join(RIVALS)}, all")
        try:
            rival_contestant(name)
            installed.append(name)
        except ImportError as error:
            if not everyone:
                raise UsageError(f"{error}; try: python -m pip install {name}") from error
            missing.append(name)
    try:
        house = house_contestants()
    except ImportError as error:
        raise UsageError(f"fasthttp cannot be imported: {error}") from error
    rivals = [in_own_process(name, name) for name in installed]
    return Entrants([*house, *rivals], installed, missing)
