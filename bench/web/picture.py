"""Draws a run as SVG: for each client its pages per second and its CPU, the fastest first."""

import textwrap

from fasthttp._bench import chart, report

from .record import Client, WebRecord

#: Narrow, and in large letters: it is looked at on phones too.
_WIDTH, _EDGE = 640, 20
#: Where the two columns of bars begin, the longest a bar is, and the height of a row and a bar.
_SPEED, _CPU, _LONGEST = 120, 392, 170
_ROW, _BAR = 32, 18
#: Characters of small print that fit into a line.
_SMALL_PRINT = 92


def draw(record: WebRecord, theme: chart.Theme = "light") -> str:
    """Return the SVG."""
    colours, pages = chart.THEMES[theme], record["settings"]["pages"]
    title = f"{pages:,} pages of a site like the real web"
    parts = [chart.text(_EDGE, 44, title, colours.text, size=19, weight=600)]
    for x, what, better in (
        (_SPEED, "pages per second", "more is better"),
        (_CPU, "CPU time of the client", "less is better"),
    ):
        parts.append(chart.text(x, 76, what, colours.text, size=14, weight=600))
        parts.append(chart.text(x, 94, better, colours.faint))
    top = 104
    clients = ranked(record)
    for client in clients:
        parts += _row(client, record, colours, top)
        top += _ROW
    for x in (_SPEED, _CPU):
        parts.append(f'<path d="M{x} 104V{top}" stroke="{colours.faint}" stroke-width="1"/>')
    small_print = _small_print(record)
    for line in textwrap.wrap(small_print, _SMALL_PRINT):
        parts.append(chart.text(_EDGE, top + 24, line, colours.faint, size=11.5))
        top += 17
    words = f"{in_words(record)}. {small_print}"
    return chart.document(title, words, (_WIDTH, top + 28), colours, parts)


def ranked(record: WebRecord) -> list[Client]:
    """Return the clients: that with the most pages per second first."""
    return sorted(record["clients"], key=lambda client: -client["pages_per_second"])


def in_words(record: WebRecord) -> str:
    """Say the bars for those who cannot see them."""
    bars = [f"{each['name']} {speed(each)} and {cpu(each)}" for each in ranked(record)]
    return f"Pages per second, and CPU time of the client: {', '.join(bars)}"


def speed(client: Client) -> str:
    """Return its pages per second as they are shown."""
    return f"{client['pages_per_second']:,.0f}"


def cpu(client: Client) -> str:
    """Return its CPU time as it is shown."""
    return f"{client['cpu_seconds']:.2f} s"


def _row(client: Client, record: WebRecord, colours: chart.Colours, top: int) -> list[str]:
    is_ours = client["name"] == "fasthttp"
    weight = 600 if is_ours else 400
    fill = colours.ours if is_ours else colours.bar
    parts = [chart.text(_EDGE, top + 21, client["name"], colours.text, size=15, weight=weight)]
    everyone = record["clients"]
    fastest = max(each["pages_per_second"] for each in everyone)
    longest = max(each["cpu_seconds"] for each in everyone)
    for x, share, value in (
        (_SPEED, client["pages_per_second"] / fastest, speed(client)),
        (_CPU, client["cpu_seconds"] / longest, cpu(client)),
    ):
        length = _LONGEST * share
        parts.append(
            f'<rect x="{x}" y="{top + (_ROW - _BAR) // 2}" width="{length:.2f}" height="{_BAR}"'
            f' fill="{fill}"/>'
        )
        parts.append(
            chart.text(x + length + 8, top + 21, value, colours.text, size=14, weight=weight)
        )
    return parts


def _small_print(record: WebRecord) -> str:
    """Say on what, how and when it was measured."""
    environment, how = record["environment"], record["settings"]
    return (
        "Redirects, cookies, gzip and br, charsets, 429 and 503, broken and hostile answers; some"
        f" over TLS; 64 connections. Median of {how['rounds']} rounds on one machine with the"
        f" server, {record['made'][:10]}. {environment['cpu']}, {environment['cores']} cores;"
        f" {report.interpreter(environment)}; fasthttp {environment['fasthttp']['version']},"
        f" {report.codec(environment)}."
    )
