"""Make the pictures and tables of README.md and docs/ from the JSON of runs: never by hand.

    python -m bench.report

`python -m bench.publish` measures before that. The pictures are bench/chart-light.svg and
bench/chart-dark.svg. In a page, what stands between `<!-- bench:KIND -->` and `<!-- /bench -->` is
made anew; KIND is one of

    chart              the picture of bench.web's run, light or dark as the reader has it
    web                its table
    request A          a row for each client: time and CPU of a request of this scenario
    time A,B,...       a row for each client, a column for each of these scenarios: times
    cpu A,B,...        the same: CPU of the client's process
    install            what fasthttp.install() does for programs on http.client
    install A          the same, of one scenario
    made               on what all this was measured

With `--check` nothing is written; the exit status is 1 if something would be. Figures that were
measured while other programs were running are not for publication: nothing is written then, and the
exit status is 1, unless `--busy` is given.
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

from bench.web import picture
from bench.web import record as web_record
from fasthttp._bench import chart, record, report
from fasthttp._bench.environment import Environment

HOME = Path(__file__).resolve().parents[1]
#: The JSON of `bench`, of `bench --install`, and of bench.web.
RUNS = tuple(HOME / "bench" / f"{name}.json" for name in ("run", "install", "web"))

#: Which time of a contestant.
Way = Literal["wall", "cpu"]
_WAYS: tuple[Way, ...] = ("wall", "cpu")

#: The load of a run, which may be what the next one finds: a client and a server.
_OWN_LOAD = 2
#: More than this for each core, and other programs take part in what is measured.
MOST_LOAD = 0.5

_BLOCK = re.compile(r"(<!-- bench:(\w+) ?(\S*) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_MARK = re.compile(r"<!-- (?:bench:.*|/bench) -->")


class ReportError(Exception):
    """A page asks for what the runs do not have; the message says what."""


class Runs:
    """The JSON of runs of `bench` and of bench.web, and what can be made of it for a page."""

    def __init__(
        self, records: Sequence[record.Record], web: web_record.WebRecord, charts: Path
    ) -> None:
        self.records, self.web, self.charts = records, web, charts
        by_time = sorted((*records, web), key=lambda each: each["made"])
        self._environments = [each["environment"] for each in by_time]
        if any(_same(each) != _same(self._environments[0]) for each in self._environments):
            raise ReportError("the runs are of different machines, Pythons or fasthttps")

    def busy(self) -> float:
        """The highest load of other programs, per core, before a run began."""
        return max(
            ((each["load"] or [0])[0] - (_OWN_LOAD if before else 0)) / (each["cores"] or 1)
            for before, each in enumerate(self._environments)
        )

    def scenario(self, name: str) -> tuple[record.Record, record.Measured]:
        """The run that has the scenario `name`, and its figures."""
        for each in self.records:
            for measured in each["scenarios"]:
                if measured["name"] == name:
                    return each, measured
        raise ReportError(f"no run has the scenario {name!r}")

    def drawn(self) -> dict[Path, str]:
        """The pictures, by file."""
        return {self._file(theme): picture.draw(self.web, theme) for theme in chart.THEMES}

    def _file(self, theme: str) -> Path:
        return self.charts / f"chart-{theme}.svg"

    def block(self, kind: str, wanted: str, page: Path) -> str:
        """What belongs between the marks `kind`, in `page`."""
        names = [name for name in wanted.split(",") if name]
        if kind == "time" and names:
            return self._times("wall", names)
        if kind == "cpu" and names:
            return self._times("cpu", names)
        if kind == "request" and len(names) == 1:
            return self._request(names[0])
        if kind == "install" and len(names) == 1:
            return self._install_in(names[0])
        makers: dict[str, Callable[[], str]] = {
            "chart": lambda: self._picture(page),
            "web": self._web,
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
        words = picture.in_words(self.web)
        if (HOME / "docs") in page.parents:  # Sphinx knows no <picture>
            return f"![{words}]({light})\n"
        return (
            "<picture>\n"
            f'  <source media="(prefers-color-scheme: dark)" srcset="{dark}">\n'
            f'  <img src="{light}" alt="{escape(words)}">\n'
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

    def _web(self) -> str:
        versions = self.web["environment"]["clients"]
        rows = [
            [
                f"{each['name']} {versions.get(each['name'], '').partition(',')[0]}".strip(),
                picture.speed(each), picture.cpu(each), str(sum(each["wrong"].values())),
                str(each["lines"]),
            ]
            for each in picture.ranked(self.web)
        ]  # fmt: skip
        return _markdown(["", "pages/s", "CPU", "wrong pages", "lines of code"], rows)

    def _request(self, name: str) -> str:
        measured = self.scenario(name)[1]
        entries = chart.ranked(measured)
        rows = [
            [chart.label(each, entries), *(_cell(measured, each["name"], way) for way in _WAYS)]
            for each in entries
        ]
        return _markdown(["", "time", "CPU"], rows)

    def _stacks(self) -> list[record.Stack]:
        stacks = [each for run in self.records for each in run["install"]]
        if not stacks:
            raise ReportError("no run is one of --install")
        return stacks

    def _install_in(self, name: str) -> str:
        stacks = self._stacks()
        rows = []
        for each in stacks:
            if each["scenario"] == name:
                before, after, gain = _before_and_after(each)
                own = {name: each}
                rows.append([each["library"], before, after, gain, _share(own, stacks)])
        if not rows:
            raise ReportError(f"no run of --install has the scenario {name!r}")
        return _markdown(["", "without", "with", "gain", "of it http.client"], rows)

    def _install(self) -> str:
        stacks = self._stacks()
        scenarios = list(dict.fromkeys(each["scenario"] for each in stacks))
        rows = []
        for library in dict.fromkeys(each["library"] for each in stacks):
            own = {each["scenario"]: each for each in stacks if each["library"] == library}
            gains = [_gain(own[name]) if name in own else "" for name in scenarios]
            rows.append([library, *gains, _share(own, stacks)])
        return _markdown(["CPU per request", *scenarios, "of it http.client"], rows)

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


def _same(environment: Environment) -> dict[str, Any]:
    """What figures must have in common to stand on one page."""
    same = ("fasthttp", "python", "openssl", "cpu", "cores", "system")
    return {name: value for name, value in environment.items() if name in same}


def _cell(measured: record.Measured, name: str, which: Way) -> str:
    found = [each for each in measured["contestants"] if each["name"] == name]
    if not found or found[0]["state"] == "not applicable":
        return ""
    seconds = found[0]["median"][which]
    return "wrong" if seconds is None else report.rounded(seconds, measured["unit"])


def _gain(stack: record.Stack) -> str:
    before, after, gain = _before_and_after(stack)
    return f"{before} to {after}, {gain}" if gain else "wrong"


def _before_and_after(stack: record.Stack) -> tuple[str, str, str]:
    """CPU without install() and with it, and what is gained; "" where an answer was wrong."""
    before, after = stack["plain"]["median"]["cpu"], stack["installed"]["median"]["cpu"]
    if before is None or after is None:
        return "wrong", "wrong", ""
    found = record.gain(stack["installed"], "cpu_stdlib_over_this")
    gain = report.gained(found, "\N{PLUS-MINUS SIGN}")
    return report.rounded(before, "us"), report.rounded(after, "us"), gain


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
    found = [HOME / "README.md", *sorted((HOME / "docs").glob("*.md"))]
    return [page for page in found if _MARK.search(page.read_text("utf-8"))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what has changed; return the exit status."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", type=Path, metavar="JSON", help="that of bench.web last")
    parser.add_argument("--charts", type=Path, default=HOME / "bench", help="their folder")
    parser.add_argument("--page", type=Path, action="append", help="default: all with such marks")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--busy", action="store_true", help="take figures of a busy machine, too")
    given = parser.parse_args(arguments)
    *files, web = given.runs or RUNS
    try:
        records = [record.load(file) for file in files]
        runs = Runs(records, web_record.load(web), given.charts)
        made = runs.drawn()
        for page in given.page or pages():
            made[page] = renewed(page.read_text("utf-8"), runs, page)
    except (ReportError, record.RecordError) as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    if runs.busy() > MOST_LOAD:
        print(
            "other programs were running when this was measured: not for publication"
            " (--busy takes it all the same)",
            file=sys.stderr,
        )
        if not given.busy:
            return 1
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
