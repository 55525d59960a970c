"""`python -m pytest` alone: what it leaves out, and in how many processes it runs the rest.

It takes five minutes on two processors. What takes much longer has an option, or is named:
a run of `tests/downstream`, or of one file, leaves nothing of it out. The last lines of a run say
what was left out.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from . import drawn

try:
    import fcntl
except ImportError:  # Windows, where all runs in one process
    fcntl = None  # type: ignore[assignment]

TESTS = Path(__file__).parent
#: Options, the folders that they stand for (None: tests marked "full"), and what these do.
FOLDERS = {
    "downstream": "the suites of urllib3 and requests, with install() and without",
    "examples": "the programs in examples/, with all that they stand on",
}
#: What is begun first: what waits for programs for minutes, and "web", whose longest file would
#: otherwise be the last of all.
FIRST = ("downstream", "examples", "stdlib", "web")
#: Parameters of tests/client that say how a case is asked: of a long table, each is asked in one of
#: these ways, and the next case in the next one. Others of that kind are named by `full(any=...)`.
WAYS = ("deliver", "deliver_buffered", "path", "again")
#: Those that say which implementation is asked: each of them is asked each case.
TWINS = ("implementation", "every_client", "newest_client", "client")
#: A table is long from so many cases on.
LONG = 10
FULL = "long tables with all cases in all ways, the corpus where it is, wheels and the sdist"
_OF_BYTECODE = ("PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE")
#: More would only make those wait that run alone.
MOST_PROCESSES = 4


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("fasthttp", "fasthttp: what `python -m pytest` alone leaves out")
    for name, what in FOLDERS.items():
        group.addoption(f"--{name}", action="store_true", help=f"{what} (tests/{name})")
    group.addoption("--full", action="store_true", help=FULL)
    group.addoption("--all", action="store_true", dest="everything", help="all of these")


def _named(config: pytest.Config) -> list[Path]:
    """The files and folders that the command names."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return []
    names = (argument.partition("::")[0] for argument in config.args)
    return [Path(config.invocation_params.dir, name).resolve() for name in names]


def is_full(config: pytest.Config) -> bool:
    """Whether nothing of what has begun is to be left out."""
    whole: WholeRun = config.pluginmanager.get_plugin("fasthttp-whole-run")
    return whole.full


def set_up(config: pytest.Config) -> None:
    """Choose the number of processes, and a scratch directory that goes when the run has passed."""
    plugins = config.pluginmanager
    whole = WholeRun(config)
    drawn.is_full = whole.full
    plugins.register(whole, "fasthttp-whole-run")
    if hasattr(config, "workerinput"):  # one of the processes
        plugins.register(Alone(Path(config.option.basetemp).parent), "fasthttp-alone")
        whole.begin_elsewhere(config.workerinput)
        return
    if whole.whole and _may_be_several(config):
        config.option.numprocesses = min(_processors() + 1, MOST_PROCESSES)  # many tests wait
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False
    if config.option.basetemp is None:
        plugins.register(Scratch(), "fasthttp-scratch")


def _may_be_several(config: pytest.Config) -> bool:
    """Whether nothing was said of processes, threads, or a debugger, which needs the terminal."""
    return (
        fcntl is not None
        and config.getoption("numprocesses", "no xdist") is None
        and config.getoption("parallel_threads", 1) in (1, "1")
        and not config.getoption("usepdb")
        and not config.getoption("collectonly")
    )


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Scratch:
    """The directory of all that tests write: removed but where one failed.

    Its name is none of ours: tests look for that in what programs say. Bytecode lies there as well:
    it is none of the checkout's, and no program compiles again what another has, whatever
    PYTHONDONTWRITEBYTECODE says.
    """

    def __init__(self) -> None:
        self.keep = False
        self._before = {name: os.environ.get(name) for name in _OF_BYTECODE}

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="pytest-")).resolve()
        config.option.basetemp = str(self.path / "run")
        os.environ["PYTHONPYCACHEPREFIX"] = str(self.path / "bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self.keep = exitstatus == pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.keep:
            terminalreporter.write_line(f"what they wrote is kept in {self.path}")

    def pytest_unconfigure(self) -> None:
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        if not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)


class Alone:
    """Holds all other processes of the run back while a test marked "alone" runs.

    Each test has the room: shared, or for itself. Who waits for it waits in the door, through which
    all must, so that nobody waits for ever.
    """

    def __init__(self, folder: Path) -> None:
        self._door = open(folder / "door", "ab")  # noqa: SIM115
        self._room = open(folder / "room", "ab")  # noqa: SIM115

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        how = fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._room, how)
        fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            return (yield)
        finally:
            fcntl.flock(self._room, fcntl.LOCK_UN)

    def pytest_unconfigure(self) -> None:
        self._door.close()
        self._room.close()


class WholeRun:
    """Hooks that leave out what was not asked for, and say so."""

    def __init__(self, config: pytest.Config) -> None:
        named = _named(config)
        asked = config.option
        self._arguments = config.args
        self.whole = not named or any(TESTS.is_relative_to(path) for path in named)
        self.full = asked.full or asked.everything or not self.whole
        self.without = {
            TESTS / folder
            for folder in FOLDERS
            if not (getattr(asked, folder) or asked.everything)
            and not any(path.is_relative_to(TESTS / folder) for path in named)
        }
        self.fewer = 0
        self._file: str | None = None

    def begin_elsewhere(self, worker: dict[str, Any]) -> None:
        """Let each process import the test files in its own order, as it writes the bytecode of
        those that no other has imported before: that is most of what it takes to begin.
        """
        if [Path(name).resolve() for name in self._arguments] != [TESTS]:
            return
        files = [path for path in sorted(TESTS.rglob("test_*.py")) if not self._is_left_out(path)]
        begin = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
        self._arguments[:] = map(str, (*files[begin:], *files[:begin]))

    def _is_left_out(self, path: Path) -> bool:
        return not self.without.isdisjoint((path, *path.parents))

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return True if self._is_left_out(collection_path) else None

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Put them in one order, whatever was imported first, and leave out what is too much."""
        if self.whole:
            items.sort(key=lambda item: item.path.parts)
        yield
        if self.whole:
            items.sort(key=_turn)
        if not self.full:
            self._leave_out(config, items)

    def _leave_out(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep those that are not marked "full", of `full(every=N)` each Nth case, and of
        `full(any=...)` each case in one of the ways that these parameters stand for.
        """
        out_of_turn = _out_of_turn(items)
        kept, left_out = [], []
        cases: Counter[tuple[str, object]] = Counter()
        for item in items:
            mark = item.get_closest_marker("full")
            every = mark.kwargs.get("every", "any" in mark.kwargs) if mark else 1
            which = _table(item)
            is_kept = every and cases[which] % every == 0 and item not in out_of_turn
            (kept if is_kept else left_out).append(item)
            cases[which] += 1
        if left_out:
            self.fewer = len(left_out)
            items[:] = kept
            config.hook.pytest_deselected(items=left_out)

    def pytest_runtest_logstart(self, location: tuple[str, int | None, str]) -> None:
        """What is there before a file's tests is no garbage of theirs: the tests themselves, and
        what those before have left. Else each gc.collect() would look at all of it.
        """
        if self.whole and location[0] != self._file and hasattr(gc, "freeze"):
            if self._file is None:
                _draw_once()
            self._file = location[0]
            gc.collect()
            gc.freeze()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """A file's tests go to one process; so do those of a folder that shares what takes long."""
        if config.option.dist != "loadfile":
            return None
        from .by_file import ByFile

        return ByFile(config, log)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["fewer"] = self.fewer

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.fewer = max(self.fewer, getattr(node, "workeroutput", {}).get("fewer", 0))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        left_out = [f"{self.fewer:,} tests, and cases of others (--full)"] if self.fewer else []
        if self.whole:
            left_out += sorted(f"tests/{path.name} (--{path.name})" for path in self.without)
        if left_out:
            said = ", ".join(left_out)
            terminalreporter.write_line(f"left out: {said}; --all leaves out nothing")


def _draw_once() -> None:
    """Let Hypothesis look for who refers to its random numbers, which it does once: not behind a
    gc.freeze(), which hides it.
    """
    from hypothesis import given, settings, strategies

    settings(max_examples=1, database=None)(given(strategies.none())(lambda _: None))()


def folder_of(nodeid: str) -> str:
    """The folder below the tests' own, if it is in one."""
    parts = nodeid.partition("::")[0].split("/")
    return parts[1] if len(parts) > 2 else ""


def _turn(item: pytest.Item) -> int:
    """Last are those that are alone: before, they and all others would wait for what takes long."""
    if folder_of(item.nodeid) in FIRST:
        return 0
    return 2 if item.get_closest_marker("alone") else 1


def _table(item: pytest.Item) -> tuple[str, object]:
    """The table that a case is of: each twin has its own, so that both get the same cases."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    twin = next((parameters[name] for name in TWINS if name in parameters), None)
    return item.nodeid.partition("[")[0], twin


def _out_of_turn(items: list[pytest.Item]) -> set[pytest.Item]:
    """Of each case all but one, where it is there in several ways and need not be."""
    tables: dict[object, dict[object, list[pytest.Item]]] = {}
    for item in items:
        if not hasattr(item, "callspec"):
            continue
        mark = item.get_closest_marker("full")
        if mark:
            ways = mark.kwargs.get("any", ())
        else:
            ways = WAYS if folder_of(item.nodeid) == "client" else ()
        parameters = item.callspec.params.items()
        case = tuple(id(value) for name, value in parameters if name not in ways)
        if len(case) < len(parameters):
            cases = tables.setdefault((*_table(item), bool(mark)), {})
            cases.setdefault(case, []).append(item)
    out: set[pytest.Item] = set()
    for (*_, is_marked), cases in tables.items():
        ways_of_most = max(map(len, cases.values()))
        if len(cases) < (ways_of_most if is_marked else LONG):
            continue
        for turn, all_ways in enumerate(cases.values()):
            # one further each time round, as the table's other parameters have their rounds, too
            chosen = (turn + turn // len(all_ways)) % len(all_ways)
            out.update(item for at, item in enumerate(all_ways) if at != chosen)
    return out
