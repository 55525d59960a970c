"""Draws a run as SVG: horizontal bars, the time of a request, the fastest first.

The picture needs nothing else: no script, no style sheet, no font but what the viewer has. Its
colours keep the contrast of WCAG 2.2: 4.5 to 1 for text (1.4.3), 3 to 1 for bars (1.4.11).
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from . import report
from .environment import Environment
from .estimate import Gain
from .measure import FLOOR, REFERENCE
from .record import Entry, Measured, Record, gain

__all__ = [
    "THEMES", "Colours", "Theme", "document", "draw", "in_words", "label", "ranked", "text",
]  # fmt: skip

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Colours:
    """What a theme paints with."""

    ground: str
    text: str
    #: Versions, figures of ratio, the small print.
    faint: str
    bar: str
    reference: str
    ours: str
    floor: str


THEMES: dict[Theme, Colours] = {
    "light": Colours("#ffffff", "#1f2328", "#59636e", "#8c959f", "#59636e", "#0969da", "#8c959f"),
    "dark": Colours("#0d1117", "#f0f6fc", "#9198a1", "#656c76", "#9198a1", "#4493f8", "#656c76"),
}

_WIDTH = 880
_EDGE = 28
#: Where bars begin, the longest they are, and the right edge of the column behind them.
_BARS, _LONGEST, _RIGHT = 264, 390, _WIDTH - _EDGE
#: Of that column: how far a ratio may be off.
_OFF_BY = 42
_ROW, _BAR = 30, 18
_FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
#: Characters that fit into a line: of small print, of a scenario's description, beside a name.
_SMALL_PRINT, _LINE, _REMARK = 128, 96, 80


def draw(record: Record, theme: Theme = "light", contestants: Sequence[str] = ()) -> str:
    """The SVG of all scenarios in `record`, one below the other, each on a scale of its own.

    `contestants` are the names of those to draw; none means all.
    """
    colours, top = THEMES[theme], 44
    words = "; ".join(in_words(each, contestants) for each in record["scenarios"])
    parts = [text(_EDGE, top, "Time per request", colours.text, size=19, weight=600)]
    parts.append(text(_RIGHT, top, "shorter is better", colours.faint, anchor="end"))
    top += 16
    for measured in record["scenarios"]:
        panel, top = _panel(measured, record["environment"], colours, contestants, top)
        parts += panel
    for line in textwrap.wrap(_small_print(record), _SMALL_PRINT):
        parts.append(text(_EDGE, top + 24, line, colours.faint, size=11.5))
        top += 17
    title = "Time per request of HTTP clients for Python"
    size = (_WIDTH, top + 28)
    return document(title, f"{words}. {_small_print(record)}", size, colours, parts)


def document(
    title: str, words: str, size: tuple[int, int], colours: Colours, parts: Sequence[str]
) -> str:
    """The SVG of that width and height with `parts` in it; `words` say the same."""
    width, height = size
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" aria-labelledby="title desc"'
            f' font-family="{_FONT}">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(words)}</desc>',
            f'<rect width="{width}" height="{height}" rx="8" fill="{colours.ground}"/>',
            *parts,
            "</svg>\n",
        )
    )


def ranked(measured: Measured, contestants: Sequence[str] = ()) -> list[Entry]:
    """Who takes part, of `contestants` if there are any: the fastest first, the wrong last."""
    found = [
        each
        for each in measured["contestants"]
        if each["state"] != "not applicable" and (not contestants or each["name"] in contestants)
    ]
    return sorted(found, key=lambda each: each["median"]["wall"] or float("inf"))


def in_words(measured: Measured, contestants: Sequence[str] = ()) -> str:
    """The bars of one scenario, for those who cannot see them."""
    entries = ranked(measured, contestants)
    bars = [f"{label(each, entries)} {_value(each, measured)}" for each in entries]
    return f"{measured['name']} ({measured['what']}): {', '.join(bars)}"


def _value(entry: Entry, measured: Measured) -> str:
    wall = entry["median"]["wall"]
    if wall is None:
        return f"wrong: {entry['why']}"
    return report.rounded(wall, measured["unit"])


def label(entry: Entry, entries: Sequence[Entry]) -> str:
    """The codec's name matters only where both are drawn."""
    alone = not any(each["name"] == "fasthttp-py" for each in entries)
    return "fasthttp" if entry["name"] == "fasthttp" and alone else entry["label"]


def _version(entry: Entry, environment: Environment) -> str:
    python = environment["python"]
    known = {
        FLOOR: "the floor",
        REFERENCE: f"{python['implementation']} {python['version']}",
        "fasthttp": environment["fasthttp"]["version"],
        "fasthttp-py": environment["fasthttp"]["version"],
    }
    return (known | environment["clients"]).get(entry["name"], "")


def _panel(
    measured: Measured,
    environment: Environment,
    colours: Colours,
    contestants: Sequence[str],
    top: int,
) -> tuple[list[str], int]:
    """One scenario from `top` on; and where it ends."""
    entries = ranked(measured, contestants)
    what = _cut(f"{measured['name']}: {measured['what']}", _LINE)
    parts = [
        text(_EDGE, top + 12, what, colours.text),
        text(_RIGHT, top + 12, "speed, http.client = 1", colours.faint, size=11.5, anchor="end"),
    ]
    top += 28
    longest = max((each["median"]["wall"] or 0 for each in entries), default=0)
    for entry in entries:
        version = _version(entry, environment)
        weight = 600 if _is_ours(entry) else 400
        name = label(entry, entries)
        parts.append(text(_EDGE, top + 20, name, colours.text, size=14, weight=weight))
        parts.append(text(_BARS - 12, top + 20, version, colours.faint, size=11, anchor="end"))
        parts += _bar(entry, measured, longest, colours, top)
        top += _ROW
    axis = f"M{_BARS} {top - _ROW * len(entries)}V{top}"
    parts.append(f'<path d="{axis}" stroke="{colours.faint}" stroke-width="1"/>')
    everyone = measured["contestants"]
    absent = [each["label"] for each in everyone if each["state"] == "not applicable"]
    if absent and not contestants:
        remark = f"not taking part: {', '.join(absent)}"
        parts.append(text(_EDGE, top + 18, _cut(remark, _LINE), colours.faint, size=11.5))
        top += 20
    return parts, top + 20


def _bar(entry: Entry, measured: Measured, longest: float, colours: Colours, top: int) -> list[str]:
    """A bar with its figures; for a wrong answer, only what is wrong."""
    wall, value = entry["median"]["wall"], _value(entry, measured)
    if wall is None:
        return [text(_BARS + 10, top + 20, _cut(value, _REMARK), colours.text, size=12)]
    ours = _is_ours(entry)
    length = _LONGEST * wall / longest
    parts = [
        f'<rect x="{_BARS}" y="{top + (_ROW - _BAR) // 2}" width="{length:.2f}" height="{_BAR}"'
        f" {_paint(entry, colours)}/>",
        text(_BARS + length + 8, top + 20, value, colours.text, weight=600 if ours else 400),
    ]
    found = gain(entry, "wall_stdlib_over_this")
    if found is not None:
        colour, weight = (colours.text, 600) if ours else (colours.faint, 400)
        shown, off_by = _gained(found)
        at = _RIGHT - (_OFF_BY if off_by else 0)
        parts.append(text(at, top + 20, shown, colour, anchor="end", weight=weight))
        if off_by:
            parts.append(text(_RIGHT, top + 20, off_by, colours.faint, size=11, anchor="end"))
    return parts


def _gained(found: Gain) -> tuple[str, str]:
    """A ratio to about two figures, and how far it may be off; or why it is not told."""
    told, _, off_by = report.gained(found, "\N{PLUS-MINUS SIGN}").partition(" \N{PLUS-MINUS SIGN}")
    if not found.is_sure:
        return told, ""
    return _ratio(found.ratio), off_by and f"\N{PLUS-MINUS SIGN}{off_by}"


def _ratio(ratio: float) -> str:
    shown = f"{ratio:.2f}" if ratio < 0.95 else f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
    return f"{shown}\N{MULTIPLICATION SIGN}"


def _paint(entry: Entry, colours: Colours) -> str:
    if entry["name"] == FLOOR:
        return f'fill="{colours.ground}" stroke="{colours.floor}" stroke-width="1.5"'
    if _is_ours(entry):
        return f'fill="{colours.ours}"'
    return f'fill="{colours.reference if entry["name"] == REFERENCE else colours.bar}"'


def _is_ours(entry: Entry) -> bool:
    return entry["name"].startswith("fasthttp")


def text(
    x: float,
    y: int,
    words: str,
    colour: str,
    *,
    size: float = 13,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    """One line of `words`; `x` is where it begins, ends or has its middle, as `anchor` says."""
    return (
        f'<text x="{x:.6g}" y="{y}" font-size="{size}" font-weight="{weight}"'
        f' text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
    )


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _small_print(record: Record) -> str:
    """On what, how and when it was measured."""
    environment, how = record["environment"], record["settings"]
    where = how["url"] or "a server on this machine"
    return (
        f"Median of {how['rounds']} rounds in which all take turns, over one kept connection to"
        f" {where}, {record['made'][:10]}. {environment['cpu']}, {environment['cores']} cores;"
        f" {report.interpreter(environment)}; {environment['openssl']}; fasthttp"
        f" {environment['fasthttp']['version']}, {report.codec(environment)}."
    )
