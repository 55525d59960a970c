"""Response heads: every wire case on both twins, whole, in every prefix, with bytes behind it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from .cases import HEADS, INCOMPLETE, LONG_LINE, ODD, Accepted, HeadCase
from .twins import Twin

_every_head = pytest.mark.parametrize("case", HEADS, ids=lambda case: case.name)
_TRAILING = (b"x", b"\r\n", b"\n", b"\0", b" folded\r\n", b"HTTP/1.1 200 OK\r\n\r\n")


def _parse(twin: Twin, case: HeadCase, wire: bytes) -> tuple[int | str, Any]:
    """The length of the head, or "incomplete" or "odd"; and what was found in it."""
    length, head = twin.headers.parse_head(wire, case.max_line, case.max_fields)
    codes = {twin.headers.INCOMPLETE: INCOMPLETE, twin.headers.ODD: ODD}
    if head is None:
        return codes[length], None
    found = Accepted(head.version, head.status, head.reason, tuple(head.items()))
    return length, found


@_every_head
def test_whole(twin: Twin, case: HeadCase) -> None:
    if isinstance(case.outcome, Accepted):
        assert _parse(twin, case, case.wire) == (len(case.wire), case.outcome), case.reason
    else:
        assert _parse(twin, case, case.wire) == (case.outcome, None), case.reason


@_every_head
def test_no_prefix_is_a_result(twin: Twin, case: HeadCase) -> None:
    """A good head is incomplete up to its last byte; an odd one is odd from some byte on."""
    seen = [_parse(twin, case, case.wire[:end]) for end in range(len(case.wire))]
    assert all(found is None for _, found in seen)
    answers = [answer for answer, _ in seen]
    if case.outcome == ODD:
        assert ODD not in answers or set(answers[answers.index(ODD) :]) == {ODD}
    else:
        assert set(answers) <= {INCOMPLETE}


@_every_head
def test_bytes_behind_it_change_nothing(twin: Twin, case: HeadCase) -> None:
    for trailing in () if case.outcome == INCOMPLETE else _TRAILING:
        assert _parse(twin, case, case.wire + trailing) == _parse(twin, case, case.wire), trailing


@_every_head
def test_fields_alone_are_read_by_the_same_rules(twin: Twin, case: HeadCase) -> None:
    """`parse_fields` on what stands behind a status line that is accepted."""
    line, _, block = case.wire.partition(b"\n")
    good_line, _ = twin.headers.parse_head(line + b"\n\n", LONG_LINE, 0)
    if good_line < 0 or len(line) + 1 > case.max_line:
        return
    length, fields = twin.headers.parse_fields(block, case.max_line, case.max_fields)
    if isinstance(case.outcome, Accepted):
        assert (length, fields) == (len(block), list(case.outcome.fields))
    else:
        codes = {ODD: twin.headers.ODD, INCOMPLETE: twin.headers.INCOMPLETE}
        assert (length, fields) == (codes[case.outcome], None)


@pytest.mark.parametrize("octets", [range(32), range(32, 128), range(128, 256)], ids=str)
def test_every_octet_of_a_value_counts(twin: Twin, octets: range) -> None:
    """At every place: the scan takes 16 bytes at a time where it can."""
    for octet in octets:
        _check_value_octet(twin, bytes([octet]))


def _check_value_octet(twin: Twin, octet: bytes) -> None:
    good = octet == b"\t" or (octet >= b" " and octet != b"\x7f")
    for length in (*range(1, 70), 4095, 4096, 4097):
        text = b"x" * length + octet + b"y"
        block = b"A:" + text + b"\r\n\r\n"
        got = twin.headers.parse_fields(block, LONG_LINE, 9)
        if good:
            assert got == (len(block), [("A", text.decode("latin-1"))])
        else:  # LF as well: what follows it has no colon
            assert got == (twin.headers.ODD, None)


def test_every_octet_of_a_name_counts(twin: Twin) -> None:
    for octet in (bytes([n]) for n in range(256)):
        block = b"Na" + octet + b"me: x\r\n\r\n"
        got = twin.headers.parse_fields(block, LONG_LINE, 9)
        if octet.isalnum() or octet in b"!#$%&'*+-.^_`|~":
            assert got == (len(block), [((b"Na" + octet + b"me").decode(), "x")])
        elif octet == b":":
            assert got == (len(block), [("Na", "me: x")])
        else:
            assert got == (twin.headers.ODD, None), octet


def _head(twin: Twin, *lines: bytes) -> Any:
    wire = b"\r\n".join((b"HTTP/1.1 200 OK", *lines, b"", b""))
    _, head = twin.headers.parse_head(wire, LONG_LINE, 100)
    return head


def test_framing_gives_the_first_value_of_each_field_that_frames(twin: Twin) -> None:
    head = _head(
        twin,
        b"proxy-connection: P",
        b"CONNECTION: C",
        b"Connection: D",
        b"Content-length: L",
        b"Keep-Alive: K",
        b"Keep-alive: N",
        b"transfer-Encoding: T",
    )
    assert head.outline()[3:8] == ("T", "L", "C", "K", "P")


def test_framing_gives_none_for_a_field_that_is_not_there(twin: Twin) -> None:
    assert _head(twin, b"Content-Length2: 5", b"Connectio: close").outline()[3:8] == (None,) * 5
    assert _head(twin, b"Content-Length:").outline()[3:8] == (None, "", None, None, None)


def test_a_head_that_nobody_has_filled_is_no_crash(twin: Twin) -> None:
    head = twin.headers.Head.__new__(twin.headers.Head)
    for look in (lambda: head.outline()[3:], head.items, lambda: head.get("a")):
        with contextlib.suppress(AttributeError):
            assert look() in ((None,) * 5 + (False,), [], None)


def test_more_than_one_connection_field_is_noticed(twin: Twin) -> None:
    assert _head(twin).outline()[8] is False
    once = _head(twin, b"Connection: a, b", b"Keep-Alive: a", b"Keep-Alive: b", b"X: y", b"X: y")
    assert once.outline()[8] is False
    assert _head(twin, b"Connection: a", b"X: y", b"CONNECTION:").outline()[8] is True
    thrice = _head(twin, b"connection: a", b"Connection: a", b"Connection: a")
    assert thrice.outline()[8] is True


def test_get_joins_every_value_whatever_the_case(twin: Twin) -> None:
    head = _head(twin, b"Set-Cookie: a", b"X: y", b"set-cookie: b", b"SET-COOKIE: \xe9")
    assert head.get("sEt-cOOkie") == "a, b, \xe9"
    assert head.get("x") == "y"
    assert head.get_all("sEt-cOOkie") == ["a", "b", "\xe9"]
    assert (head.get_all("X"), head.get_all("Set-Cooki"), head.get_all("")) == (["y"], [], [])
    assert head.get("Set-Cooki") is None
    assert head.get("") is None


def test_get_lowers_as_str_does(twin: Twin) -> None:
    """email.message compares by str.lower(), which turns the Kelvin sign into a k."""
    head = _head(twin, b"K: kelvin", b"s: ess", b"i: eye")
    assert head.get("\N{KELVIN SIGN}") == "kelvin"
    assert head.get("\N{LATIN SMALL LETTER LONG S}") is None
    assert head.get("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}") is None
    assert head.get("k\xe9") is None


def test_items_is_a_new_list_each_time(twin: Twin) -> None:
    head = _head(twin, b"A: b")
    head.items().clear()
    assert head.items() == [("A", "b")]


def test_names_that_differ_only_in_one_byte_are_kept_apart(twin: Twin) -> None:
    """Known names are looked up by a few of their bytes: neighbours must not be mistaken."""
    names = [b"Content-Length", b"Content-Lengtk", b"Cpntent-Length", b"ETag", b"etag"]
    names += [b"E", b"ETagg", b"eTAG", b"x" * 40, b"x" * 41, b"Content-Lengthy"]
    head = _head(twin, *(name + b": v" for name in names))
    assert [name.encode() for name, _ in head.items()] == names


def test_fields_that_are_like_others_before_are_their_own(twin: Twin) -> None:
    """The C twin gives out fields again: for these bytes only, however like they are."""
    names = ["A", "a", "AA", "Vary", "vary", "Very", *("X-" + "n" * size for size in (37, 38, 39))]
    long = ["x1" * 64, "y1" * 64, "x1" * 63 + "y1", "x1" * 64 + "1", "y1" * 64 + "1"]
    values = ["", "1", "2", "11", "21", "\xe9", "\xa9", "\xe9" * 2, "1" + "\xe9", *long]
    fields = [(name, value) for name in names for value in values]
    fields += [(value[:40], name) for name, value in fields if value.isalnum() and value.isascii()]
    for step in (1, 1, 3, 5, 7):
        told = (fields * step)[::step]
        lines = [f"{name}: {value}\r\n".encode("latin-1") for name, value in told]
        for start in range(0, len(told), 100):
            block = b"".join(lines[start : start + 100]) + b"\r\n"
            assert twin.headers.parse_fields(block, 1000, 100) == (
                len(block), told[start : start + 100],
            )  # fmt: skip


def test_more_than_4_gib_of_limits_is_no_overflow(twin: Twin) -> None:
    wire = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    assert twin.headers.parse_head(wire, 1 << 40, 1 << 40)[0] == len(wire)


def test_a_limit_below_zero_is_zero(twin: Twin) -> None:
    assert twin.headers.parse_fields(b"\r\n", 2, -1) == (2, [])
    assert twin.headers.parse_fields(b"A: b\r\n\r\n", 9, -1) == (twin.headers.ODD, None)
    assert twin.headers.parse_fields(b"\r\n", -1, 9) == (twin.headers.ODD, None)
