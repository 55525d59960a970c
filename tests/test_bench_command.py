"""`python -m fasthttp bench` and `info`: what can be asked for, what is printed and written."""

import argparse
import io
import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
import types
import typing
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from fasthttp import __version__, _compiled
from fasthttp._bench import arguments, environment, record, report, screen
from fasthttp._bench.arguments import listing
from fasthttp._bench.environment import describe, information
from fasthttp._bench.measure import Pace, Row
from fasthttp._bench.rivals import RIVALS
from fasthttp._bench.scenarios import FAMILIES, SCENARIOS

from .bench_runs import HOME, fasthttp, made_up, row


class Terminal(io.StringIO):
    """A stream that is said to be a terminal."""

    def isatty(self) -> bool:
        return True


def disagreement(value: Any, kind: Any, where: str = "") -> str:
    """Where `value`, from JSON, is not what the type `kind` says; empty if it is."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if typing.is_typeddict(kind):
        hints = typing.get_type_hints(kind)
        if not isinstance(value, dict) or value.keys() != hints.keys():
            return f"{where}: {value!r:.80} instead of {sorted(hints)}"
        pairs = [(value[name], hints[name], f"{where}.{name}") for name in hints]
    elif origin is list:
        if not isinstance(value, list):
            return f"{where}: {value!r:.80} is no list"
        pairs = [(each, parts[0], f"{where}[]") for each in value]
    elif origin is dict:
        if not isinstance(value, dict):
            return f"{where}: {value!r:.80} is no object"
        pairs = [(each, parts[1], f"{where}[{name}]") for name, each in value.items()]
    elif origin in (types.UnionType, typing.Union):
        found = [disagreement(value, part, where) for part in parts]
        return "" if "" in found else found[0]
    elif origin is typing.Literal:
        return "" if value in parts else f"{where}: {value!r} is none of {parts}"
    else:
        kinds = (int, float) if kind is float else kind
        right = isinstance(value, kinds) and (kind is bool or not isinstance(value, bool))
        return "" if right else f"{where}: {value!r:.80} is no {kind}"
    return next(filter(None, (disagreement(*pair) for pair in pairs)), "")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, Path]:
    """One run as a user would make it; what was printed, its JSON and its chart."""
    folder = tmp_path_factory.mktemp("bench")
    files = folder / "figures.json", folder / "chart.svg"
    done = fasthttp(
        "bench", "--quick", "--scenario", "small,page",
        "--json", str(files[0]), "--chart", str(files[1]),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done, *files


def test_info():
    done = fasthttp("info")
    assert done.returncode == 0, done.stderr
    told = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    assert {"fasthttp", "implementation", "Python", "GIL", "OpenSSL", "platform"} <= set(told)
    assert told["implementation"].strip()[:2] in ("c ", "py")


def test_what_is_printed_where_there_is_no_terminal(run):
    done, _, _ = run
    assert "wrong" not in done.stdout
    assert done.stderr.splitlines() == ["small: 3 rounds", "page: 3 rounds"]
    assert done.stdout.isascii()  # no boxes, no colours
    assert done.stdout.count("CPU gain   time gain") == 1
    assert done.stdout.index("small: GET") < done.stdout.index("page: GET")


def test_what_is_printed_divides(run):
    """Whatever the machine does meanwhile: a gain is one printed time divided by the other."""
    done, _, _ = run
    tables = [table.splitlines() for table in done.stdout.split("\n\n") if "http.client  " in table]
    assert len(tables) == 2
    for lines in tables:
        rows = {
            line[:20].strip(): re.findall(
                r"[\d,.]+x?(?= |$)|not sure|same", line[20:].replace(",", "")
            )
            for line in lines[1:]
        }
        names = ["http.client", "fasthttp (C)", "raw socket"]
        theirs, *others = [rows[name] for name in names if name in rows]
        for cells in others:
            for time_at, gain_at in ((0, 3), (1, 2)):
                if cells[gain_at] in ("not sure", "same"):
                    continue
                ratio = float(theirs[time_at]) / float(cells[time_at])
                assert float(cells[gain_at][:-1]) == pytest.approx(ratio, rel=0.02)


def test_a_family_of_scenarios_can_be_asked_for():
    parser = argparse.ArgumentParser()
    arguments.add_bench(parser)
    given = parser.parse_args(["--scenario", "small,small-reads,small-reads-1"])
    assert [each.name for each in arguments.scenarios_of(given)] == [
        "small",
        *FAMILIES["small-reads"],
    ]


def test_small_reads_are_measured_with_install_too():
    done = fasthttp("bench", "--quick", "--scenario", "small-reads-into")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  with install()  " in done.stdout and "wrong" not in done.stdout


def test_the_json_is_what_is_promised(run):
    _, file, _ = run
    told = json.loads(file.read_text(encoding="utf-8"))
    assert disagreement(told, record.Record) == ""
    assert told["format"] == record.FORMAT
    assert [scenario["name"] for scenario in told["scenarios"]] == ["small", "page"]
    for scenario in told["scenarios"]:
        entries = {entry["name"]: entry for entry in scenario["contestants"]}
        assert {"stdlib", "fasthttp", "raw socket"} <= set(entries)
        assert entries["stdlib"]["ratios"]["cpu_stdlib_over_this"] == 1
        for entry in entries.values():
            assert entry["state"] == "measured"
            assert len(entry["rounds"]["wall"]) == len(entry["rounds"]["cpu"]) == 3
            assert all(value > 0 for value in entry["ratios"].values())
            for which, value in entry["ratios"].items():
                low, high = entry["spreads"][which]
                assert 0 < low <= value <= high
            for way in ("wall", "cpu"):
                assert entry["median"][way] == sorted(entry["rounds"][way])[1]
    assert record.load(file) == told


def test_what_is_not_promised_is_noticed():
    told = json.loads(json.dumps(made_up()))
    assert disagreement(told, record.Record) == ""
    told["scenarios"][0]["contestants"][0]["median"]["wall"] = "15 us"
    assert "contestants[].median.wall" in disagreement(told, record.Record)
    told = {**told, "scenarios": []}
    del told["made"]
    assert "made" in disagreement(told, record.Record)


def test_the_chart_of_the_run_names_everyone(run):
    _, file, picture = run
    text = "".join(ElementTree.parse(picture).getroot().itertext())
    for scenario in record.load(file)["scenarios"]:
        assert scenario["what"] in text
        assert all(entry["label"] in text for entry in scenario["contestants"])


def test_a_run_of_install_goes_into_json(tmp_path):
    file = tmp_path / "install.json"
    done = fasthttp("bench", "--install", "--quick", "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    told = record.load(file)
    assert disagreement(told, record.Record) == ""
    libraries = {each["library"] for each in told["install"]}
    assert {"http.client", "xmlrpc.client", "urllib.request"} <= libraries
    assert all(library in done.stdout for library in libraries)
    assert {each["installed"]["state"] for each in told["install"]} == {"measured"}


def test_json_of_another_format_is_refused(tmp_path):
    file = tmp_path / "old.json"
    for text in ('{"format": 2}', "[]", "no JSON"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(record.RecordError, match=r"old\.json"):
            record.load(file)
    with pytest.raises(record.RecordError, match="missing"):
        record.load(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--scenario", "nonsense"), "no scenario 'nonsense'"),
        (("--scenario", ","), "names none"),
        (("--against", "lynx"), "knows no 'lynx'"),
        (("--rounds", "1"), "at least 3 rounds"),
        (("--timeout", "0"), "more than 0"),
        (("--json", os.path.join("no", "such", "folder", "file")), "cannot write"),
        (("--chart", os.path.join("no", "such", "folder", "file")), "cannot write"),
        (("--all", "--scenario", "small"), "not allowed with"),
        (("--install", "--against", "urllib3"), "neither --against nor --chart"),
        (("--requests", "5"), "--requests is for --url"),
        (("--cafile", "ca.pem"), "--cafile is for --url"),
        (("--url", "http://localhost", "--cores", "any"), "--cores is not for --url"),
    ],
)
def test_what_cannot_be_had_is_said_at_once(given, message):
    done = fasthttp("bench", *given)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_command_the_commands_are_named():
    done = fasthttp()
    assert (done.returncode, done.stdout) == (2, "")
    assert all(f"\n    {command} " in done.stderr for command in ("bench", "info", "run"))


def test_the_version_is_said():
    assert fasthttp("--version").stdout == f"fasthttp {__version__}\n"


def test_an_unknown_option_is_said_with_the_usage_of_its_command():
    done = fasthttp("bench", "--rounds", "5", "--frobnicate")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m fasthttp bench ")
    assert done.stderr.endswith("unrecognized arguments: --frobnicate\n")


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("source tree, editable", "install a C compiler, then fasthttp again"),
        (environment._BESIDE, "to use the installed version, go to another directory"),
    ],
)
def test_a_codec_that_was_not_built_is_said_and_how_to_get_it(monkeypatch, source, remedy):
    monkeypatch.setattr(environment, "_installed_from", lambda: source)
    monkeypatch.delenv("FASTHTTP_EXTENSION", raising=False)
    monkeypatch.setattr(_compiled, "implementation", "py")
    monkeypatch.setattr(_compiled, "reason", "No module named 'x_c'")
    monkeypatch.setattr(platform, "python_implementation", lambda: "CPython")
    reason = f"No module named 'x_c'; {remedy}"
    assert f"py (pure Python): {reason}\n" in information()
    heading = report.heading(describe(), Pace(), None, "fetching")
    assert f"\nwithout the compiled codec: {reason}\n" in heading


def test_clients_that_are_missing_can_be_installed_by_what_the_list_says(monkeypatch):
    monkeypatch.setattr(RIVALS["urllib3"], "library", "surely_not_installed")
    last = listing().splitlines()[-1]
    assert last.startswith("to install those: python -m pip install urllib3")


def test_what_can_be_had_is_listed():
    done = fasthttp("bench", "--list")
    assert done.returncode == 0
    named = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert named == [*SCENARIOS, *RIVALS]


def test_a_client_asked_for_by_name_must_be_installed(monkeypatch, capsys):
    monkeypatch.setattr(RIVALS["urllib3"], "library", "surely_not_installed")
    from fasthttp.__main__ import main

    assert main(["bench", "--against", "urllib3"]) == 2
    assert "pip install urllib3" in capsys.readouterr().err


def test_all_clients_are_those_that_are_installed(monkeypatch, capsys):
    for rival in RIVALS.values():
        monkeypatch.setattr(rival, "library", "surely_not_installed")
    from fasthttp.__main__ import main

    assert main(["bench", "--quick", "--scenario", "small", "--against", "all"]) == 0
    assert f"because not installed: {', '.join(RIVALS)}" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Ctrl-C is sent as a terminal of POSIX does")
@pytest.mark.parametrize("rounds", range(3))
def test_ctrl_c_ends_it_without_a_traceback(rounds):
    """At a moment at which the other processes are starting, measuring or ending."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "fasthttp", "bench", "--scenario", "small"],
        cwd=HOME,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # the group to which the terminal would send it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"small: ")  # it is begun
        time.sleep(0.2 * rounds)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"\ninterrupted\n")


def test_the_environment_names_no_place_on_this_machine():
    told = describe()
    assert json.loads(json.dumps(told))["cores"] == os.cpu_count()
    assert "/" not in (told["python"]["config_args"] or "")


@pytest.mark.parametrize(
    ("shared", "maps", "known"),
    [
        (1, "7f0 r-xp 0 08:01 5  /lib/libpython3.15.so.1.0\n7f1 rw-p 0 08:01 6  /libc.so.6", True),
        # Debian's programs have no libpython, their sysconfig is that of those that have one.
        (1, "7f0 r-xp 0 08:01 5  /usr/bin/python3.15\n7f1 rw-p 0 08:01 6  /lib/libc.so.6", False),
        (0, "7f0 r-xp 0 08:01 5  /usr/bin/python3.15", True),
        # No such file, as on macOS.
        (1, None, True),
    ],
)  # fmt: skip
def test_what_sysconfig_says_of_another_build_is_not_told(monkeypatch, shared, maps, known):
    said = {
        "CONFIG_ARGS": "--enable-optimizations --with-lto",
        "Py_ENABLE_SHARED": shared,
        "INSTSONAME": "libpython3.15.so.1.0",
    }
    monkeypatch.setattr(environment.sysconfig, "get_config_var", said.get)
    monkeypatch.setattr(environment, "_read", lambda path: maps)
    python = environment.describe()["python"]
    assert (python["pgo"], python["lto"]) == ((True, True) if known else (None, None))
    assert python["config_args"] == ("--enable-optimizations --with-lto" if known else None)


def shown(out: Terminal, rows: list[Row]) -> str:
    """What a screen on `out` makes of a scenario in which `rows` came out."""
    table = report.table(record.measured(SCENARIOS["small"], rows))
    chosen = screen.choose_screen(out, out)
    chosen.open(1, 3)
    chosen.start("small")
    for done in (1, 2, 3):
        chosen.tick(done)
    chosen.close()
    chosen.say("[bold]said[/bold]")
    chosen.show(table)
    return out.getvalue()


ROWS = [row("stdlib", 75.0), row("fasthttp", 18.0)]
BAD = Row("urllib3", "urllib3")
BAD.blank("wrong", "status: 404 instead of 200")


@pytest.mark.parametrize("installed", [True, False], ids=["rich", "without rich"])
def test_a_terminal_gets_everything(installed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not installed:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    text = shown(Terminal(), [*ROWS, BAD])
    assert ("\u2503" in text) == installed  # a border
    assert ("\x1b[" in text) == installed
    assert "[bold]said[/bold]" in text
    for figure in ("75.0", "18.0", "4.17x", "small: GET", "http.client", "fasthttp (C)"):
        assert figure in text
    assert "wrong: status: 404 instead of 200" in text
    assert "100%" in text


def test_nothing_is_drawn_while_a_batch_runs(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    before, out = threading.active_count(), Terminal()
    chosen = screen.choose_screen(out, out)
    chosen.open(1, 3)
    chosen.start("small")
    assert threading.active_count() == before
    chosen.close()


def test_without_a_terminal_rich_is_not_imported():
    code = (
        "import sys; from fasthttp.__main__ import main;"
        "main(['bench', '--quick', '--scenario', 'small']);"
        "sys.exit([name for name in sys.modules if name.partition('.')[0] == 'rich'] != [])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, timeout=100)
    assert done.returncode == 0, done


class _Distribution:
    """What pip has noted of an installed package, and where it lies."""

    def __init__(self, place: Path, source: str | None) -> None:
        self._place, self._source = place, source

    def locate_file(self, name: str) -> Path:
        return self._place / name

    def read_text(self, _: str) -> str | None:
        return self._source


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "source tree, not installed"),
        ([("here", None)], "source tree"),
        ([("here", None), ("away", "{}")], environment._BESIDE),  # a build has left .egg-info
        ([("away", '{"url": "file:///a", "dir_info": {}}')], environment._BESIDE),
        ([("here", '{"dir_info": {"editable": true}}')], "source tree, editable"),
    ],
)
def test_where_it_is_installed_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, found: list[tuple[str, str]], said: str
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "pyproject.toml").touch()
    monkeypatch.setattr(environment, "_HOME", tmp_path / "here")
    made = [_Distribution(tmp_path / place, source) for place, source in found]
    monkeypatch.setattr(environment.metadata, "distributions", lambda name: iter(made))
    assert environment._installed_from() == said
