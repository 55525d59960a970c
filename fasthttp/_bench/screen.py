"""Where a run shows itself: its tables, and how far it is.

By rich where that is installed and the standard output is a terminal; otherwise plain text, the
tables on the standard output and the progress on the standard error.
"""

import importlib
import sys
from typing import Any, TextIO

from .report import Table, plain

__all__ = ["Screen", "choose_screen"]


class Screen:
    """Plain text: a bar where the standard error is a terminal, a line per scenario elsewhere."""

    _BAR = 24

    def __init__(self, out: TextIO, progress: TextIO) -> None:
        self.out, self.progress = out, progress
        self.live = progress.isatty()
        self.rounds, self.total, self.before = 1, 1, 0
        self.name = ""
        self.columns: tuple[str, ...] = ()

    def open(self, scenarios: int, rounds: int) -> None:
        """A run of so many scenarios begins."""
        self.rounds, self.total = rounds, scenarios * rounds

    def start(self, name: str) -> None:
        """Begin a scenario."""
        self.name = name
        if self.live:
            self.tick(0)
        else:
            print(f"{name}: {self.rounds} rounds", file=self.progress, flush=True)

    def tick(self, done: int) -> None:
        """`done` rounds of the scenario are over."""
        if self.live:
            share = (self.before + done) / self.total
            bar = ("#" * round(share * self._BAR)).ljust(self._BAR, ".")
            text = f"[{bar}] {share:4.0%}  {self.name} {done}/{self.rounds}"
            self.progress.write(f"\r{text[:78]:<78}")
            self.progress.flush()
        if done == self.rounds:
            self.before += done

    def close(self) -> None:
        """Leave the line to whoever writes next."""
        if self.live:
            self.progress.write("\r" + " " * 78 + "\r")
            self.progress.flush()

    def say(self, text: str) -> None:
        """Print a paragraph."""
        self.close()
        print(text, end="\n\n", file=self.out, flush=True)

    def show(self, table: Table) -> None:
        """Print a table; the titles of its columns only if they are new."""
        self.say(plain(table, titles=table.columns != self.columns))
        self.columns = table.columns


class _RichScreen(Screen):
    """The same by rich, all of it on the standard output. Raises ImportError without rich."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(out, out)
        console: Any = importlib.import_module("rich.console")
        bars: Any = importlib.import_module("rich.progress")
        self.tables: Any = importlib.import_module("rich.table")
        # Figures are not to be coloured one by one, nor is what stands in brackets mark-up.
        self.console = console.Console(file=out, highlight=False, markup=False)
        self.bars = bars.Progress(
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TimeRemainingColumn(),
            console=self.console,
            transient=True,
            # A thread that draws would run on the client's core, in the middle of its batches.
            auto_refresh=False,
        )
        self.task = self.bars.add_task("", total=None)

    def open(self, scenarios: int, rounds: int) -> None:
        super().open(scenarios, rounds)
        self.bars.update(self.task, total=self.total)
        self.bars.start()

    def start(self, name: str) -> None:
        self.bars.update(self.task, description=name, refresh=True)

    def tick(self, done: int) -> None:
        self.bars.update(self.task, completed=self.before + done, refresh=True)
        if done == self.rounds:
            self.before += done

    def close(self) -> None:
        self.bars.stop()

    def say(self, text: str) -> None:
        self.console.print(text, end="\n\n")

    def show(self, table: Table) -> None:
        drawn = self.tables.Table(
            title=table.title, title_justify="left", title_style="bold", caption_justify="left",
            caption="\n".join(table.notes) or None,
        )  # fmt: skip
        drawn.add_column("")
        for column in table.columns:
            drawn.add_column(column, justify="right")
        remarks = []
        for name, cells in table.rows:
            if isinstance(cells, str):
                # In a column of figures there is no room to say why.
                drawn.add_row(name, cells.partition(":")[0], style="red")
                remarks.append(f"{name}: {cells}")
            else:
                drawn.add_row(name, *cells, style="bold" if "fasthttp" in name else None)
        self.console.print(drawn)
        for remark in remarks:
            self.console.print(remark, style="red")
        self.console.print()


def choose_screen(out: TextIO | None = None, progress: TextIO | None = None) -> Screen:
    """The best screen for `out` and `progress`, by default the standard ones."""
    out, progress = out or sys.stdout, progress or sys.stderr
    if out.isatty():
        try:
            return _RichScreen(out)
        except ImportError:
            pass
    return Screen(out, progress)
