"""Make the charts and tables of README.md and docs/ from the JSON of runs: never by hand.

    python -m fasthttp bench --against all --json bench/run.json
    python -m fasthttp bench --install --json bench/install.json
    python bench/report.py

The charts are bench/chart-light.svg and bench/chart-dark.svg. In a page, what stands between
`<!-- bench:KIND -->` and `<!-- /bench -->` is made anew; KIND is one of

    chart              the picture, light or dark as the reader has it
    time A,B,...       a row for each client, a column for each of these scenarios: times
    cpu A,B,...        the same: CPU of the client's process
    install            what fasthttp.install() does for programs on http.client
    made               on what all this was measured

With `--check` nothing is written; the exit status is 1 if something would be.
"""

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal

from fasthttp._bench import chart, record, report

HOME = Path(__file__).resolve().parents[1]

#: What the chart shows: everyday answers, and everybody that a reader may use instead.
DRAWN = "small"
SHOWN = (
    "raw socket", "fasthttp", "pycurl", "geventhttpclient", "stdlib", "urllib3", "requests",
    "httpx", "aiohttp",
)  # fmt: skip

#: Which time of a contestant.
Way = Literal["wall", "cpu"]

_BLOCK = re.compile(r"(<!-- bench:(\w+) ?(\S*) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_MARK = re.compile(r"<!-- (?:bench:.*|/bench) -->")


class ReportError(Exception):
    """A page asks for what the runs do not have; the message says what."""


class Runs:
    """The JSON of one or more runs, and what can be made of it for a page."""

    def __init__(self, records: Sequence[record.Record], charts: Path) -> None:
        self.records, self.charts = records, charts
        if any(_measured_on(each) != _measured_on(records[0]) for each in records):
            raise ReportError("the runs are of different machines, Pythons or fasthttps")

    def busy(self) -> float:
        """The highest load, per core, before a run began."""
        everyone = [each["environment"] for each in self.records]
        return max((each["load"] or [0])[0] / (each["cores"] or 1) for each in everyone)

    def scenario(self, name: str) -> tuple[record.Record, record.Measured]:
        """The run that has the scenario `name`, and its figures."""
        for each in self.records:
            for measured in each["scenarios"]:
                if measured["name"] == name:
                    return each, measured
        raise ReportError(f"no run has the scenario {name!r}")

    def drawn(self) -> dict[Path, str]:
        """The charts, by file."""
        run, measured = self.scenario(DRAWN)
        there = {each["name"] for each in chart.ranked(measured)}
        missing = [name for name in SHOWN if name not in there]
        if missing:
            raise ReportError(f"not in the run: {', '.join(missing)}; measure with --against all")
        alone: record.Record = {**run, "scenarios": [measured]}
        return {self._file(theme): chart.draw(alone, theme, SHOWN) for theme in chart.THEMES}

    def _file(self, theme: str) -> Path:
        return self.charts / f"chart-{theme}.svg"

    def block(self, kind: str, wanted: str, page: Path) -> str:
        """What belongs between the marks `kind`, in `page`."""
        names = [name for name in wanted.split(",") if name]
        if kind == "time" and names:
            return self._times("wall", names)
        if kind == "cpu" and names:
            return self._times("cpu", names)
        makers: dict[str, Callable[[], str]] = {
            "chart": lambda: self._picture(page),
            "install": self._install,
            "made": self._made,
        }
        if kind not in makers or names:
            raise ReportError(f"{page.name}: bench:{kind} {wanted} is not known")
        return makers[kind]()

    def _picture(self, page: Path) -> str:
        light, dark = (
            Path(os.path.relpath(self._file(theme), page.parent)).as_posix()
            for theme in ("light", "dark")
        )
        words = chart.in_words(self.scenario(DRAWN)[1], SHOWN)
        return (
            "<picture>\n"
            f'  <source media="(prefers-color-scheme: dark)" srcset="{dark}">\n'
            f'  <img src="{light}" alt="Time per request. {escape(words)}">\n'
            "</picture>\n"
        )

    def _times(self, which: Way, names: Sequence[str]) -> str:
        columns = [self.scenario(name)[1] for name in names]
        first = chart.ranked(columns[0])
        order = {each["name"]: each["median"][which] or math.inf for each in first}
        rows = []
        for entry in sorted(first, key=lambda each: order[each["name"]]):
            cells = [_cell(column, entry["name"], which) for column in columns]
            rows.append([chart.label(entry, first), *cells])
        return _markdown(["", *names], rows)

    def _install(self) -> str:
        stacks = [each for run in self.records for each in run["install"]]
        if not stacks:
            raise ReportError("no run is one of --install")
        scenarios = list(dict.fromkeys(each["scenario"] for each in stacks))
        rows = []
        for library in dict.fromkeys(each["library"] for each in stacks):
            own = {each["scenario"]: each for each in stacks if each["library"] == library}
            gains = [_gain(own[name]) if name in own else "" for name in scenarios]
            rows.append([library, *gains, _share(own, stacks)])
        return _markdown(["CPU per request", *scenarios, "of which http.client"], rows)

    def _made(self) -> str:
        run = self.records[0]
        environment = run["environment"]
        clients = ", ".join(f"{name} {version}" for name, version in environment["clients"].items())
        return (
            f"{environment['cpu']}, {environment['cores']} cores; {environment['system']};"
            f" {report.interpreter(environment)}; {environment['openssl']};"
            f" fasthttp {environment['fasthttp']['version']}"
            f" ({report.codec(environment)}); {clients}. Medians of"
            f" {run['settings']['rounds']} rounds, {run['made'][:10]}.\n"
        )


def _measured_on(run: record.Record) -> dict[str, Any]:
    """What figures must have in common to stand on one page."""
    same = ("fasthttp", "python", "openssl", "cpu", "cores", "system")
    return {name: value for name, value in run["environment"].items() if name in same}


def _cell(measured: record.Measured, name: str, which: Way) -> str:
    found = [each for each in measured["contestants"] if each["name"] == name]
    if not found or found[0]["state"] == "not applicable":
        return ""
    seconds = found[0]["median"][which]
    return "wrong" if seconds is None else report.rounded(seconds, measured["unit"])


def _gain(stack: record.Stack) -> str:
    before, after = stack["plain"]["median"]["cpu"], stack["installed"]["median"]["cpu"]
    if before is None or after is None:
        return "wrong"
    found = record.gain(stack["installed"], "cpu_stdlib_over_this")
    gain = report.gained(found, "\N{PLUS-MINUS SIGN}")
    return f"{report.rounded(before, 'us')} to {report.rounded(after, 'us')}, {gain}"


def _share(own: dict[str, record.Stack], stacks: Sequence[record.Stack]) -> str:
    """How much of a library's CPU is http.client's: more than that cannot be gained."""
    for each in stacks:
        if each["library"] == "http.client" and each["scenario"] in own:
            below = each["plain"]["median"]["cpu"]
            whole = own[each["scenario"]]["plain"]["median"]["cpu"]
            return f"{below / whole:.0%}" if below and whole else ""
    return ""


def _markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---", *["--:"] * (len(titles) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def renewed(text: str, runs: Runs, page: Path) -> str:
    """The text of `page` with all that is between marks made anew."""
    if len(_MARK.findall(text)) != 2 * len(_BLOCK.findall(text)):
        raise ReportError(f"{page.name}: a mark of bench without its other half")
    return _BLOCK.sub(lambda m: m[1] + runs.block(m[2], m[3], page) + m[4], text)


def pages() -> list[Path]:
    """The README and the pages of docs/ that have marks."""
    found = [HOME / "README.md", *sorted((HOME / "docs").rglob("*.md"))]
    return [page for page in found if _MARK.search(page.read_text("utf-8"))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what has changed; return the exit status."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", type=Path, metavar="JSON", help="default: both above")
    parser.add_argument("--charts", type=Path, default=HOME / "bench", help="folder of the charts")
    parser.add_argument("--page", type=Path, action="append", help="default: all with such marks")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    given = parser.parse_args(arguments)
    files = given.runs or [HOME / "bench" / "run.json", HOME / "bench" / "install.json"]
    try:
        runs = Runs([record.load(file) for file in files], given.charts)
        made = runs.drawn()
        for page in given.page or pages():
            made[page] = renewed(page.read_text("utf-8"), runs, page)
    except (ReportError, record.RecordError) as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    if runs.busy() > 0.5:
        print("other programs were running: not for publication", file=sys.stderr)
    changed = [
        file for file, text in made.items() if not file.exists() or file.read_text("utf-8") != text
    ]
    for file in changed:
        print(f"{'differs' if given.check else 'written'}: {file}")
        if not given.check:
            file.write_text(made[file], encoding="utf-8")
    return int(given.check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
