"""What a run says in words and tables; how they get to the terminal is `screen`'s affair."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from .environment import Environment
from .estimate import Gain
from .hosting import Cores
from .measure import Pace
from .record import Compared, Entry, Measured, Stack, gain

__all__ = [
    "Table", "amount", "closing", "codec", "gained", "heading", "interpreter", "plain", "rounded",
    "stack_tables", "table", "times",
]  # fmt: skip

_NAME, _CELL, _LINE = 20, 12, 100
_PLUS_MINUS = "+-"  # not every terminal has the sign
#: By the title of their columns: the ratios that a table shows.
_COMPARED: dict[str, Compared] = {
    "CPU gain": "cpu_stdlib_over_this",
    "time gain": "wall_stdlib_over_this",
    "to floor": "wall_this_over_raw",
}
_STACK_GAINS = ("CPU gain", "time gain")
_UNITS = {"us": 1e6, "ms": 1e3}
_SIGNS = {"us": "\N{MICRO SIGN}s", "ms": "ms"}


@dataclass(frozen=True)
class Table:
    """Names, and for each its figures or a remark in their place."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, tuple[str, ...] | str]]
    notes: list[str] = field(default_factory=list)


def codec(environment: Environment) -> str:
    """Which codec fasthttp runs on."""
    known = {"c": "compiled", "py": "pure Python", None: "not importable"}
    return known[environment["fasthttp"]["implementation"]]


def interpreter(environment: Environment) -> str:
    """Which Python, and whether it was built as fast as it can be."""
    python = environment["python"]
    pgo = {True: "with PGO", False: "without PGO", None: "PGO unknown"}[python["pgo"]]
    built = f"built {pgo}"
    if whose := python["distribution"]:
        built = f"{whose}'s build" if python["pgo"] is None else f"{whose}'s build, {pgo}"
    return f"{python['implementation']} {python['version']} ({built})"


def heading(environment: Environment, pace: Pace, cores: Cores | None, what: str) -> str:
    """What is measured, and on what."""
    package, load = environment["fasthttp"], (environment["load"] or [0])[0]
    busy = load > (environment["cores"] or 1) / 2
    return "\n".join(
        (
            f"fasthttp {package['version']} ({codec(environment)}, {package['installed_from']})"
            f" and http.client, {what}",
            *([f"without the compiled codec: {package['reason']}"] if package["reason"] else ()),
            f"{interpreter(environment)}, {environment['openssl']}, {environment['system']}",
            f"{environment['cpu']}, {environment['cores']} cores; {_placed(cores)}",
            f"{pace.rounds} rounds, taking turns; medians, in microseconds per request",
            *([f"other programs are running (load {load:.1f}): figures will be off"] * busy),
        )
    )


def _placed(cores: Cores | None) -> str:
    if cores is None:
        return "client and server not pinned"
    if cores.client == cores.server:
        return f"client and server share core {cores.client}"
    return f"client on core {cores.client}, server on core {cores.server}"


def table(measured: Measured) -> Table:
    """One scenario."""
    entries = measured["contestants"]
    absent = [entry for entry in entries if entry["state"] == "not applicable"]
    notes = list(measured["notes"])
    if entries and len(absent) == len(entries):
        notes.append(f"skipped: {absent[0]['why']}")
    elif absent:
        notes.append(f"not taking part: {', '.join(entry['label'] for entry in absent)}")
    for entry in entries:
        notes += _doubts(entry["label"], entry, tuple(_COMPARED))
    return Table(
        f"{measured['name']}: {measured['what']}",
        ("time", "CPU", *_COMPARED),
        [(each["label"], _cells(measured, each)) for each in entries if each not in absent],
        notes,
    )


def _cells(measured: Measured, entry: Entry) -> tuple[str, ...] | str:
    wall, cpu = entry["median"]["wall"], entry["median"]["cpu"]
    if entry["state"] != "measured" or wall is None or cpu is None:
        return f"wrong: {entry['why']}"
    return (
        amount(wall, measured["unit"]),
        amount(cpu, measured["unit"]),
        *(gained(gain(entry, which)) for which in _COMPARED.values()),
    )


def gained(found: Gain | None, sign: str = _PLUS_MINUS) -> str:
    """A gain and how far it may be off, unless `is_sure` denies that it is one; a dash for none."""
    if found is None:
        return "-"
    if found.is_same:
        return "same"
    if not found.is_sure:
        return "not sure"
    if found.low == found.high:
        return times(found.ratio)
    return f"{times(found.ratio)} {sign}{max(0.01, found.off_by):.0%}"


def _doubts(name: str, entry: Entry, titles: Sequence[str]) -> list[str]:
    """For each ratio that a table does not print: between what it is."""
    found = []
    for title in titles:
        it = gain(entry, _COMPARED[title])
        if it is not None and not it.is_sure:
            found.append(f"{title} {gained(it)}: {_short(it.low)} to {_short(it.high)}")
    return [f"{name}: {', '.join(found)}"] if found else []


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def amount(seconds: float, unit: str) -> str:
    """Seconds in `unit`, which is only named where it is not microseconds."""
    return f"{seconds * _UNITS[unit]:,.1f}" + (f" {unit}" if unit != "us" else "")


def rounded(seconds: float, unit: str) -> str:
    """Seconds in `unit`, named, to three figures or whole: for pictures and pages."""
    value = seconds * _UNITS[unit]
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{shown} {_SIGNS[unit]}"


def times(value: float | None) -> str:
    """A ratio, or a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.0f}x" if value >= 100 else f"{value:.{1 if value >= 10 else 2}f}x"


def stack_tables(stacks: Sequence[Stack]) -> list[Table]:
    """What install() did, a table for each scenario."""
    return [
        Table(
            f"{name}: {next(each['what'] for each in stacks if each['scenario'] == name)}",
            ("CPU", "installed", *_STACK_GAINS),
            [(each["library"], _stack_cells(each)) for each in stacks if each["scenario"] == name],
            [
                doubt
                for each in stacks
                if each["scenario"] == name
                for doubt in _doubts(each["library"], each["installed"], _STACK_GAINS)
            ],
        )
        for name in dict.fromkeys(each["scenario"] for each in stacks)
    ]


def _stack_cells(stack: Stack) -> tuple[str, ...] | str:
    before, after = stack["plain"]["median"]["cpu"], stack["installed"]["median"]["cpu"]
    if before is None or after is None:
        return f"wrong: {stack['plain']['why'] or stack['installed']['why']}"
    return (
        amount(before, "us"),
        amount(after, "us"),
        *(gained(gain(stack["installed"], _COMPARED[title])) for title in _STACK_GAINS),
    )


def plain(shown: Table, titles: bool = True) -> str:
    """A table in text that lines up with others of the same columns."""
    head = " " * _NAME + "".join(f"{title:>{_CELL}}" for title in shown.columns)
    lines = [head, ""] if titles else []
    lines.append(shown.title)
    for name, cells in shown.rows:
        start = f"  {name}".ljust(_NAME)
        if isinstance(cells, str):
            lines.append(f"{start}  {cells}")
        else:
            lines.append(start + "".join(f" {cell:>{_CELL - 1}}" for cell in cells))
    for note in shown.notes:
        lines += textwrap.wrap(note, _LINE, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def closing() -> str:
    """What the columns mean."""
    return "\n".join(
        (
            "time: from the call to the answer read; CPU: what the client's process used of it.",
            "CPU gain, time gain: http.client's divided by this one's, so 4x is four times better.",
            "to floor: time divided by a raw socket's that understands nothing; 1x is the limit,"
            " as the raw socket's CPU gain is.",
            "+-3%: so far a ratio may be off, in 95 of 100 such runs; not sure: the range in which"
            " it is,",
            "which stands below the table, is wider than what is gained; same: likewise, with both"
            " ends",
            "within a tenth of 1x.",
        )
    )
