"""The table of a run."""

from dataclasses import dataclass, field
from statistics import median

from .judge import Wrong

_TITLES = ("client", "lines", "pages/s", "CPU, ms", "vs pycurl", "vs aiohttp", "wrong")


@dataclass
class Row:
    """What was measured of a client; a figure for each round."""

    client: str
    version: str
    lines: int
    #: Seconds of CPU for the whole site.
    cpu: list[float] = field(default_factory=list)
    #: Seconds by the clock for the whole site, which the deadline and Retry-After bound from below.
    wall: list[float] = field(default_factory=list)
    #: Seconds by the clock and of the CPU without the pages that wait or are large.
    quick_wall: list[float] = field(default_factory=list)
    quick_cpu: list[float] = field(default_factory=list)
    quick_pages: int = 0
    #: What was wrong in the round that had most of it.
    wrong: list[Wrong] = field(default_factory=list)
    #: Connections at most, to all hosts and to one.
    most: int = 0
    most_to_one: int = 0
    #: Connections and requests for the whole site, in each round.
    connections: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)


def _cells(row: Row, rows: dict[str, Row]) -> list[str]:
    cpu = median(row.cpu)
    ratios = [
        f"{cpu / median(rows[name].cpu):.2f}" if name in rows else ""
        for name in ("pycurl", "aiohttp")
    ]
    per_second = f"{row.quick_pages / median(row.quick_wall):,.0f}"
    return [
        f"{row.client} {row.version}".strip(), str(row.lines), per_second, f"{cpu * 1000:,.0f}",
        *ratios, str(len(row.wrong)),
    ]  # fmt: skip


def table(rows: list[Row]) -> str:
    """Return the table as Markdown, readable as it is."""
    by_name = {row.client: row for row in rows}
    cells = [list(_TITLES), *(_cells(row, by_name) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_TITLES))]
    lines = [
        "| " + " | ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ) + " |"
        for line in cells
    ]  # fmt: skip
    rule = [
        ("-" * width if not column else "-" * (width - 1) + ":")
        for column, width in enumerate(widths)
    ]
    lines.insert(1, "| " + " | ".join(rule) + " |")
    return "\n".join(lines)


def wrong_by_kind(row: Row) -> str:
    """Return what a client gets wrong, one kind a line, with the first reason."""
    kinds: dict[str, list[Wrong]] = {}
    for each in row.wrong:
        kinds.setdefault(each.kind, []).append(each)
    lines = [f"{row.client}: {len(row.wrong)} wrong or missing"]
    for kind, found in kinds.items():
        lines.append(f"  {len(found):4} {kind}: {found[0].what[:200]}")
    return "\n".join(lines)
