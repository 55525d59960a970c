"""The commands `bench` and `info`: arguments in, exit status out."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from .. import _files
from . import arguments as asked
from . import chart, record, report, stacks, url
from .contestants import installed_contestant, pool_contestants
from .environment import describe, information
from .hosting import Place, ServerError, choose_cores, hosted
from .measure import Pace, race
from .record import Measured, Record
from .rivals import RIVALS
from .scenarios import SMALL_READS, Scenario, know
from .screen import Screen, choose_screen
from .visits import Contestant

__all__ = ["bench", "info"]


def info(arguments: argparse.Namespace) -> int:
    """Print which fasthttp runs on what; 1 if its files do not fit together."""
    print(information())
    return int(bool(_files.altered()))


def bench(arguments: argparse.Namespace) -> int:
    """Measure, print the tables; 1 if an answer of fasthttp, http.client or the floor is wrong."""
    try:
        if arguments.list:
            print(asked.listing())
            return 0
        asked.check(arguments)
        json_file = asked.writable(arguments.json)
        chart_file = asked.writable(arguments.chart)
        made = _run(arguments, choose_screen())
    except asked.UsageError as error:
        print(f"python -m fasthttp bench: {error}", file=sys.stderr)
        return 2
    except ServerError as error:
        print(f"python -m fasthttp bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    if json_file is not None:
        record.write(made, json_file)
    if chart_file is not None:
        chart_file.write_text(chart.draw(made), encoding="utf-8")
    return int(_wrong(made))


def _wrong(made: Record) -> bool:
    """Whether an answer was wrong for which this project is to blame."""
    entries = [each for scenario in made["scenarios"] for each in scenario["contestants"]]
    house = [each for each in entries if each["name"] not in RIVALS]
    stacked = [each[way] for each in made["install"] for way in ("plain", "installed")]
    return any(each["state"] == "wrong" for each in [*house, *stacked])


def _run(arguments: argparse.Namespace, screen: Screen) -> Record:
    if arguments.install:
        return _run_install(arguments, screen)
    if arguments.url is not None:
        return _run_url(arguments, screen)
    return _run_scenarios(arguments, screen)


def _run_scenarios(arguments: argparse.Namespace, screen: Screen) -> Record:
    """Measure what the loopback server has."""
    pace, cores = asked.pace_of(arguments), choose_cores(arguments.cores or "apart")
    scenarios, who = asked.scenarios_of(arguments), asked.entrants(arguments.against)
    environment = describe(who.clients)
    how = record.settings(pace, cores, arguments.timeout)
    what = "fetching from a server on this machine"
    screen.say(report.heading(environment, pace, cores, what))
    _name_missing(screen, who.missing)
    paths = sorted({scenario.path for scenario in scenarios})
    tls = any(scenario.way == "connect" or scenario.tls for scenario in scenarios)
    many = any(scenario.way == "pool" for scenario in scenarios)
    found = []
    with ExitStack() as stack:
        place = stack.enter_context(
            hosted(paths, cores, tls=tls, many=many, timeout=arguments.timeout)
        )
        stack.callback(screen.close)
        screen.open(len(scenarios), pace.rounds)
        for scenario in scenarios:
            entrants = [*who.contestants, *_more(scenario)]
            found.append(_race(scenario, entrants, place, pace, screen))
            screen.show(report.table(found[-1]))
    screen.say(report.closing())
    return record.described(environment, how, found)


def _more(scenario: Scenario) -> list[Contestant]:
    """Who takes part in this scenario only."""
    if scenario.way == "pool":
        return pool_contestants()
    # Where install() has most to lose: a call for each few bytes.
    return [installed_contestant()] if scenario.way in SMALL_READS else []


def _name_missing(screen: Screen, missing: Sequence[str]) -> None:
    if missing:
        screen.say(f"not measured, because not installed: {', '.join(missing)}")


def _race(
    scenario: Scenario,
    contestants: Sequence[Contestant],
    place: Place,
    pace: Pace,
    screen: Screen,
) -> Measured:
    screen.start(scenario.name)
    return record.measured(scenario, race(scenario, contestants, place, pace, screen.tick))


def _run_url(arguments: argparse.Namespace, screen: Screen) -> Record:
    """Measure a server of the user's own, having said how much it will be asked."""
    who = asked.entrants(arguments.against)
    most = asked.REQUESTS if arguments.requests is None else arguments.requests
    try:
        scenario, place = url.take_apart(arguments.url, arguments.timeout, arguments.cafile)
        pace = url.within(most, asked.pace_of(arguments).rounds, len(who.contestants))
    except ValueError as error:
        raise asked.UsageError(f"--url {arguments.url}: {error}") from error
    bound = url.most_requests(pace, len(who.contestants))
    environment = describe(who.clients)
    how = record.settings(pace, None, place.timeout, scenario.name, bound)
    screen.say(report.heading(environment, pace, None, f"fetching {scenario.name}"))
    screen.say(f"at most {bound:,} requests, one after the other; --requests changes that")
    _name_missing(screen, who.missing)
    before = url.look(scenario, place)
    know(scenario, before.right)
    with ExitStack() as stack:
        stack.callback(screen.close)
        screen.open(1, pace.rounds)
        found = _race(scenario, who.contestants, place, pace, screen)
    found["notes"] = [*before.notes, *url.changes(scenario, place, before)]
    screen.show(report.table(found))
    screen.say(report.closing())
    return record.described(environment, how, [found])


def _run_install(arguments: argparse.Namespace, screen: Screen) -> Record:
    """Measure programs on http.client with install() and without."""
    pace, cores = asked.pace_of(arguments), choose_cores(arguments.cores or "apart")
    races, missing = stacks.races()
    environment = describe(sorted({name for _, name, _ in races if name in stacks.FOREIGN}))
    how = record.settings(pace, cores, arguments.timeout)
    what = "fetching from a server on this machine"
    screen.say(report.heading(environment, pace, cores, what))
    _name_missing(screen, missing)
    found = []
    with ExitStack() as stack:
        place = stack.enter_context(hosted(stacks.paths(), cores, timeout=arguments.timeout))
        stack.callback(screen.close)
        screen.open(len(races), pace.rounds)
        for scenario, name, plain in races:
            screen.start(f"{name} {scenario.name}")
            rows = stacks.race_itself(scenario, plain, place, pace, screen.tick)
            found.append(record.stack(scenario, name, *rows))
    for table in report.stack_tables(found):
        screen.show(table)
    return record.described(environment, how, install=found)
