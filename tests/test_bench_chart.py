"""The pictures of runs, and what bench/report.py puts into pages: all of it, and only it."""

import itertools
import sys
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from fasthttp.__main__ import _parser
from fasthttp._bench import chart, record
from fasthttp._bench.measure import Row
from fasthttp._bench.scenarios import SCENARIOS

from .bench_runs import (
    HOME,
    REPORT,
    TIMES,
    WEB,
    made_up,
    made_up_web,
    picture,
    publish,
    row,
)

SVG = "{http://www.w3.org/2000/svg}"


def web(theme: chart.Theme = "light") -> ElementTree.Element:
    return ElementTree.fromstring(picture.draw(made_up_web(), theme))


def drawn(run: record.Record, theme: chart.Theme = "light", *names: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart.draw(run, theme, names))


def texts(picture: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


def bars(picture: ElementTree.Element) -> list[ElementTree.Element]:
    """All rectangles but the ground."""
    return list(picture.iter(f"{SVG}rect"))[1:]


def test_everyone_has_a_bar_as_long_as_his_time():
    picture = drawn(made_up())
    found = bars(picture)
    ordered = sorted(TIMES.values())
    widths = [float(each.attrib["width"]) for each in found]
    assert len(widths) == len(TIMES)
    for width, time in zip(widths, ordered, strict=True):
        assert width / widths[-1] == pytest.approx(time / ordered[-1], rel=1e-3)
    # The names, from the top down, stand beside them in the same order.
    names = [each for each in texts(picture) if each.replace("http.client", "stdlib") in TIMES]
    assert [name.replace("http.client", "stdlib") for name in names] == sorted(
        TIMES, key=TIMES.__getitem__
    )


def test_the_figures_are_printed():
    found = texts(drawn(made_up()))
    values = [each for each in found if each.endswith("\N{MICRO SIGN}s")]
    assert values == [f"{value:g} \N{MICRO SIGN}s" for value in sorted(TIMES.values())]
    assert "4.2\N{MULTIPLICATION SIGN}" in found  # fasthttp's 75 / 18


def test_each_scenario_has_a_scale_of_its_own():
    run = made_up(scenarios=("small", "page"))
    slower = [row("stdlib", 4000.0), row("fasthttp", 1000.0)]
    run["scenarios"][1] = record.measured(SCENARIOS["page"], slower)
    widths = [float(each.attrib["width"]) for each in bars(drawn(run))]
    assert widths[-2] == pytest.approx(widths[-1] / 4, rel=1e-3)
    assert widths[-1] == max(widths[: len(TIMES)])


def test_a_wrong_answer_has_no_bar():
    wrong = Row("urllib3", "urllib3")
    wrong.blank("wrong", "status: 404 instead of 200")
    absent = Row("httptools", "httptools")
    absent.blank("not applicable", "has nothing like it")
    picture = drawn(made_up(row("stdlib", 75.0), wrong, absent))
    assert len(bars(picture)) == 1
    assert "wrong: status: 404 instead of 200" in texts(picture)
    assert "not taking part: httptools" in texts(picture)


def test_text_is_text():
    run = made_up()
    run["scenarios"][0]["what"] = 'GET <script>&"'
    run["environment"]["cpu"] = "]]> & Co."
    assert any("<script>&" in each for each in texts(drawn(run)))


@pytest.mark.parametrize("theme", chart.THEMES)
@pytest.mark.parametrize("of", ["bench", "bench.web"])
def test_the_picture_stands_alone_and_speaks(theme, of):
    text = chart.draw(made_up(), theme) if of == "bench" else picture.draw(made_up_web(), theme)
    found = ElementTree.fromstring(text)
    tags = {each.tag.removeprefix(SVG) for each in found.iter()}
    assert tags == {"svg", "title", "desc", "rect", "text", "path"}
    assert "href" not in text
    assert "url(" not in text
    assert found.attrib["role"] == "img"
    ids = {each.attrib["id"] for each in found if "id" in each.attrib}
    assert set(found.attrib["aria-labelledby"].split()) == ids
    spoken = found.findtext(f"{SVG}desc") or ""
    names = TIMES if of == "bench" else WEB
    assert all(each.replace("stdlib", "http.client") in spoken for each in names)


def test_the_picture_of_the_web_has_two_bars_for_each_client():
    found = web()
    lengths = [float(each.attrib["width"]) for each in bars(found)]
    ordered = sorted(WEB.values(), reverse=True)
    assert lengths[::2] == [pytest.approx(170 * speed / 4000, abs=0.01) for speed, _ in ordered]
    assert lengths[1::2] == [pytest.approx(170 * cpu / 4, abs=0.01) for _, cpu in ordered]
    said = texts(found)
    assert [each for each in said if each in WEB] == [
        "fasthttp",
        "aiohttp",
        "http.client",
        "requests",
    ]
    assert {"4,000", "0.25 s", "250", "4.00 s"} <= set(said)


@pytest.mark.parametrize("theme", chart.THEMES)
@pytest.mark.parametrize("of", ["bench", "bench.web"])
def test_nothing_leaves_the_picture_or_meets(theme, of):
    picture = drawn(made_up(), theme) if of == "bench" else web(theme)
    width, height = (float(picture.attrib[side]) for side in ("width", "height"))
    spans: dict[str, list[tuple[float, float]]] = {}
    for each in picture.iter(f"{SVG}text"):
        # The widest of the usual fonts, DejaVu Sans, bold: 0.65 of its size for a character.
        long = len(each.text or "") * float(each.attrib["font-size"]) * 0.65
        x = float(each.attrib["x"])
        span = (x - long, x) if each.attrib["text-anchor"] == "end" else (x, x + long)
        if len(each.text or "") < 60:
            spans.setdefault(each.attrib["y"], []).append(span)
        assert span[0] >= 0
        assert float(each.attrib["y"]) < height
    for line in spans.values():
        for (_, end), (start, _) in itertools.pairwise(sorted(line)):
            assert end <= start
        assert max(end for _, end in line) <= width


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


@pytest.mark.parametrize("theme", chart.THEMES)
def test_colours_have_contrast(theme):
    colours = chart.THEMES[theme]
    ground = luminance(colours.ground)

    def contrast(colour: str) -> float:
        lighter, darker = sorted((luminance(colour), ground), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)

    assert min(map(contrast, (colours.text, colours.faint))) >= 4.5
    bars = (colours.bar, colours.reference, colours.ours, colours.floor)
    assert min(map(contrast, bars)) >= 3


PAGE = """# Page

<!-- bench:chart -->
old
<!-- /bench -->
between
<!-- bench:time small,page -->
<!-- /bench -->
<!-- bench:cpu small -->
<!-- /bench -->
<!-- bench:request small -->
<!-- /bench -->
<!-- bench:web -->
<!-- /bench -->
<!-- bench:made -->
<!-- /bench -->
behind
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    record.write(made_up(scenarios=("small", "page")), tmp_path / "run.json")
    record.write(made_up_web(), tmp_path / "web.json")
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    return tmp_path


def report(folder: Path, *more: str, runs: tuple[str, ...] = ("run.json",)) -> int:
    status: int = REPORT.main(
        [
            *(str(folder / name) for name in (*runs, "web.json")),
            "--charts", str(folder / "charts"),
            "--page", str(folder / "page.md"),
            *more,
        ]
    )  # fmt: skip
    return status


def test_pages_and_charts_are_made_of_the_json(files):
    (files / "charts").mkdir()
    assert report(files, "--check") == 1
    assert (files / "page.md").read_text("utf-8") == PAGE
    assert report(files) == 0
    assert report(files, "--check") == 0
    page = (files / "page.md").read_text("utf-8")
    assert page.startswith("# Page\n\n<!-- bench:chart -->\n<picture>\n")
    assert page.endswith("<!-- /bench -->\nbehind\n")
    assert "old" not in page
    assert "between" in page
    assert 'srcset="charts/chart-dark.svg"' in page
    assert "| fasthttp | 18 \N{MICRO SIGN}s | 18 \N{MICRO SIGN}s |" in page
    assert "| fasthttp | 14.4 \N{MICRO SIGN}s |\n" in page
    assert "| fasthttp | 18 \N{MICRO SIGN}s | 14.4 \N{MICRO SIGN}s |\n" in page
    assert "| fasthttp | 4,000 | 0.25 s | 0 | 24 |\n" in page
    assert "| requests 12.16.11 | 250 | 4.00 s | 1 | 24 |\n" in page
    assert record.load(files / "run.json")["environment"]["cpu"] in page
    for theme in chart.THEMES:
        text = (files / "charts" / f"chart-{theme}.svg").read_text("utf-8")
        assert chart.THEMES[theme].ground in text
        found = texts(ElementTree.fromstring(text))
        assert set(found) >= WEB.keys()


def test_figures_that_changed_are_noticed(files):
    (files / "charts").mkdir()
    assert report(files) == 0
    page = files / "page.md"
    page.write_text(page.read_text("utf-8").replace("| 18 ", "| 12 "), encoding="utf-8")
    assert report(files, "--check") == 1


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<!-- bench:chart -->\n", "without its other half"),
        ("<!-- /bench -->\n", "without its other half"),
        ("<!-- bench:nonsense -->\n<!-- /bench -->\n", "bench:nonsense"),
        ("<!-- bench:time -->\n<!-- /bench -->\n", "bench:time"),
        ("<!-- bench:time big -->\n<!-- /bench -->\n", "no run has the scenario 'big'"),
        ("<!-- bench:install -->\n<!-- /bench -->\n", "no run is one of --install"),
        ("<!-- bench:request -->\n<!-- /bench -->\n", "bench:request"),
    ],
)
def test_what_a_page_cannot_have_is_said(files, page, message, capsys):
    (files / "page.md").write_text(page, encoding="utf-8")
    assert report(files) == 2
    assert message in capsys.readouterr().err
    assert not (files / "charts").exists()


def test_what_is_no_run_of_bench_web_is_refused(files, capsys):
    record.write(made_up(), files / "web.json")
    assert report(files) == 2
    assert "web.json: format None, not 1: measure again" in capsys.readouterr().err


def test_pages_show_the_run_that_is_kept():
    # Marks without a run to fill them, or a run that no page shows, is a thing half done.
    kept = {file.exists() for file in REPORT.RUNS}
    assert kept == {bool(REPORT.pages())}
    assert kept == {False} or REPORT.main(["--check"]) == 0


def test_a_page_shows_one_machine(files, capsys):
    other = made_up()
    other["environment"]["python"]["version"] = "3.10.0"
    record.write(other, files / "other.json")
    assert report(files, runs=("run.json", "other.json")) == 2
    assert "different machines" in capsys.readouterr().err


def test_rows_are_in_order_of_what_they_show(files):
    run = made_up(scenarios=("small",))
    for entry in run["scenarios"][0]["contestants"]:
        entry["median"]["cpu"] = 1 / (entry["median"]["wall"] or 1)
    runs = REPORT.Runs([run], made_up_web(), files)

    def names(kind: str) -> list[str]:
        return [line.split(" | ")[0] for line in runs.block(kind, "small", files).splitlines()]

    assert names("time")[2:] == names("cpu")[:1:-1]


@pytest.mark.parametrize(
    ("load", "made", "said"),
    [
        ([8.0, 0.1, 0.1], "2026-01-01", True),
        ([0.1, 8.0, 8.0], "2026-01-01", False),
        ([1.5, 0.1, 0.1], "2026-01-01", True),
        ([8.0, 0.1, 0.1], "9999-01-01", True),
        ([2.5, 0.1, 0.1], "9999-01-01", False),  # what the run before has left
    ],
)
def test_a_busy_machine_is_not_for_publication(files, capsys, load, made, said):
    run = made_up(scenarios=("small", "page"))
    web = made_up_web()
    for each in (run, web):
        each["environment"] |= {"load": [0.0, 0.0, 0.0], "cores": 2}
    run["environment"]["load"] = load
    run["made"] = f"{made}T00:00:00+00:00"
    record.write(run, files / "run.json")
    record.write(web, files / "web.json")
    (files / "charts").mkdir()
    assert report(files, "--check") == 1  # nothing is written yet
    assert ("not for publication (--busy" in capsys.readouterr().err) == said
    assert report(files) == said
    assert ((files / "page.md").read_text("utf-8") == PAGE) == said
    assert report(files, "--busy") == 0
    assert report(files, "--check", "--busy") == 0
    assert (files / "page.md").read_text("utf-8") != PAGE
    assert report(files, "--check") == said


def test_what_install_does_is_a_table():
    runs = REPORT.Runs([made_up()], made_up_web(), HOME)
    stacks = [
        record.stack(SCENARIOS["small"], name, row("stdlib", plain), row("installed", ours))
        for name, plain, ours in (("http.client", 100.0, 25.0), ("requests", 500.0, 425.0))
    ]
    runs.records[0]["install"] = stacks
    rows = runs.block("install", "", HOME / "README.md").splitlines()
    sign = "\N{MICRO SIGN}s"
    assert rows[2] == f"| http.client | 80 {sign} to 20 {sign}, 4.00x | 100% |"
    assert rows[3] == f"| requests | 400 {sign} to 340 {sign}, 1.18x | 20% |"
    alone = runs.block("install", "small", HOME / "README.md").splitlines()
    assert alone[0] == "|  | without | with | gain | of it http.client |"
    assert alone[3] == f"| requests | 400 {sign} | 340 {sign} | 1.18x | 20% |"


@pytest.mark.parametrize(("failing", "run"), [(None, 4), ("fasthttp", 2)])
def test_one_command_measures_and_writes_all(monkeypatch, capsys, failing, run):
    commands: list[list[str]] = []

    def done(command: list[str], cwd: Path, check: bool) -> SimpleNamespace:
        assert cwd == HOME
        commands.append(command[1:])
        return SimpleNamespace(returncode=3 if command[2] == failing else 0)

    monkeypatch.setattr(publish.subprocess, "run", done)
    monkeypatch.setattr(sys, "argv", ["publish", "--quick"])
    monkeypatch.setattr(publish, "_load", lambda: 0.4)
    assert publish.main() == (3 if failing else 0)
    assert len(commands) == run
    written = [HOME / command[command.index("--json") + 1] for command in commands[:3]]
    assert {*written} <= {*REPORT.RUNS}
    assert all(find_spec(module) for _, module, *_ in commands)
    for command in commands:
        if command[1] == "fasthttp":
            _parser().parse_args(command[2:])


def test_a_busy_machine_measures_only_where_that_is_asked_for(monkeypatch, capsys):
    commands: list[list[str]] = []

    def done(command: list[str], cwd: Path, check: bool) -> SimpleNamespace:
        commands.append(command[1:])
        return SimpleNamespace(returncode=0)

    assert publish._load() >= 0
    monkeypatch.setattr(publish.subprocess, "run", done)
    monkeypatch.setattr(publish, "_load", lambda: 0.6)
    monkeypatch.setattr(sys, "argv", ["publish"])
    assert publish.main() == 1
    assert commands == []
    assert "other programs are running" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["publish", "--busy"])
    assert publish.main() == 0
    assert commands[-1] == ["-m", "bench.report", "--busy"]
