"""The fuzz target plays what it is given, finds what is planted, and ends what has no end."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from fasthttp._bench.implementations import load_package

from ..pool.stage import modules_of
from ..web.cookie_invariants import WORDS
from . import charsets, codings, cookies, incoming, pool, target, urls
from .generated import Engine
from .judge import load_judge
from .mutation import MOST_BYTES, fresh, mutate
from .plan import ENDS, SETTINGS, STYLES, decode
from .target import Target
from .verdict import Verdict

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the link is Linux's: see link.py")

_BODY = b"\0" * SETTINGS + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
_HANGS = """
import pathlib, sys
from tests.fuzz import target
target._PATIENCE = 0.2
def forever(plan):
    while True: pass
target.Target(forever, pathlib.Path(sys.argv[1]))(b"12345678HTTP/")
"""


@pytest.fixture
def verdict(implementation: str) -> Verdict:
    return Verdict(load_judge(None), (implementation,))


def test_every_input_is_a_plan() -> None:
    for length in range(SETTINGS + 3):
        plan = decode(b"\xff" * length)
        assert plan.answer == b"\xff" * max(0, length - SETTINGS)
    for choice in range(256):
        assert decode(bytes([choice]) * SETTINGS + b"HTTP/1.1 200 OK").answer == b"HTTP/1.1 200 OK"


def test_mutations_stay_within_bounds() -> None:
    dice = random.Random(1)
    data = fresh(dice)
    for _ in range(2_000):
        data = mutate(data, dice)
        assert SETTINGS <= len(data) <= MOST_BYTES + 1_000


def test_nothing_is_wrong_with_a_plain_body(verdict: Verdict) -> None:
    for style in range(len(STYLES)):
        for end in range(len(ENDS)):
            data = bytes([0, style, end]) + _BODY[3:]
            assert verdict(decode(data)) == [], decode(data)


def test_another_coding_ends_the_connection_behind_a_head(verdict: Verdict) -> None:
    """As docs/deviations.md has it: fasthttp may close where http.client goes on."""
    plan = decode(b"\x15\0\0\0\0a\xd4\0HTTP/1.1 200 \nTransfer-Encoding:d\n\n")
    assert plan.method == "HEAD"
    assert verdict(plan) == []


def test_a_planted_difference_is_found_and_made_small(
    verdict: Verdict, client: ModuleType, tmp_path: Path
) -> None:
    found = Target(verdict, tmp_path)
    right: Any = client.HTTPResponse.getheader

    def wrong(response: Any, name: str, default: Any = None) -> Any:
        return "wrong" if response.status == 201 else right(response, name, default)

    with mock.patch.object(client.HTTPResponse, "getheader", wrong):
        found(_BODY)
        assert found.kinds == {}
        found(_BODY.replace(b"200 OK", b"201 Made\r\nA: b"))
        assert list(found.kinds.values()) == ["judge and fasthttp differ: first_by_case"]
        (small,) = (path.read_bytes() for path in tmp_path.glob("*.input"))
        assert len(small) <= SETTINGS + len(b"HTTP/1.1 201 \n\n")
    again = Target(verdict, tmp_path)
    again.replay()
    assert again.executions == 1
    assert again.kinds == {}
    assert not list(tmp_path.glob("*.input"))


@pytest.mark.parametrize("mode", range(len(incoming.MODES) + 1))
def test_what_is_fed_is_decoded_and_judged(implementation: str, mode: int) -> None:
    judge = incoming.Verdict((implementation,))
    for method in range(7):
        for cut in (0, 3, 255):
            feeding = incoming.decode(bytes([method, mode, 0, 0, cut, 1, 2, 0]) + _BODY[SETTINGS:])
            assert feeding.wire == _BODY[SETTINGS:]
            assert judge(feeding) == []


def test_a_difference_of_what_is_fed_is_found(implementation: str, tmp_path: Path) -> None:
    package = load_package(implementation)
    found = Target(incoming.Verdict((implementation,)), tmp_path, incoming.decode)
    closes = property(lambda parser: parser.ended and parser.head.status != 201)
    with mock.patch.object(package.incoming.ResponseParser, "can_reuse", closes):
        found(_BODY.replace(b"200 OK", b"201 Made\r\nA: b"))
    whose = f"{implementation} pulled and {implementation} fed"
    assert set(found.kinds.values()) == {
        f"{whose} differ: can_reuse",
        f"{whose} whole differ: can_reuse",
        f"{implementation} take_whole gives something else",
    }
    (small, *_) = (path.read_bytes() for path in tmp_path.glob("*.input"))
    assert len(small) < len(_BODY)
    found.kinds.clear()
    found(_BODY)
    assert found.kinds == {}


def test_a_difference_of_what_is_taken_whole_is_found(implementation: str) -> None:
    package = load_package(implementation)
    take = package._http.response_head.take_whole

    def cut(*given: Any) -> Any:
        taken = take(*given)
        return taken and (taken[0], taken[1][:-1])

    judge = incoming.Verdict((implementation,))
    with mock.patch.object(package._http.response_head, "take_whole", cut):
        (finding,) = judge(incoming.decode(_BODY))
    assert finding.kind == f"{implementation} take_whole gives something else"


def test_a_plan_for_a_pool_is_played(implementation: str, monkeypatch: Any) -> None:
    package = load_package(implementation)
    judge = pool.Verdict((implementation,))
    plan = pool.decode(bytes(range(200)))
    assert judge(plan) == []
    connection = modules_of(package).connection.Connection
    monkeypatch.setattr(connection, "close", connection.shut)
    kinds = {finding.kind for finding in judge(plan)}
    assert f"{implementation}: n slots of a closed pool" in kinds


def test_a_location_is_decoded_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    from fasthttp._web import urls as rules

    judge = urls.Verdict()
    for choice in range(256):
        assert judge(urls.decode(bytes([choice]) * SETTINGS + bytes(range(choice)))) == []
    given = urls.decode(b"\0" * SETTINGS + b"/a\r\nb")
    assert given == urls.Given("http://a/b/c/d;p?q", "/a\r\nb")
    monkeypatch.setattr(rules, "_refuse_controls", lambda text: None)
    assert {finding.kind for finding in judge(urls.decode(_BODY))} == set()
    monkeypatch.setattr(rules, "quote_target", lambda target: target)
    assert "join: no URL of printable ASCII" in {finding.kind for finding in judge(given)}


def test_what_a_jar_is_given_is_decoded_and_judged(monkeypatch: Any) -> None:
    from fasthttp._web import cookie_rules

    for choice in range(256):
        assert cookies.verdict(cookies.decode(bytes([choice]) * 40)) == []
    at = next(byte for byte in range(128, 256) if WORDS[byte % len(WORDS)] == "; Domain=")
    data = b"\x02\0\0a=b" + bytes([at]) + b"com"
    (step,) = cookies.decode(data)
    assert step.fields == ("a=b; Domain=com",)
    assert cookies.verdict([step]) == []
    monkeypatch.setattr(cookie_rules, "is_public_suffix", lambda name: False)
    assert cookies.verdict([step])[0].kind == "for a domain that is not the host's"


@pytest.mark.parametrize("module", [codings, charsets])
def test_what_is_coded_is_judged(module: ModuleType) -> None:
    judge = module.Verdict()
    dice = random.Random(1)
    for size in range(300):
        assert judge(module.decode(dice.randbytes(size))) == []


def test_a_page_that_comes_out_wrong_is_found() -> None:
    page = codings.decode(b"\0" * SETTINGS + b"hello")
    assert page.body == b"hello"
    with mock.patch.object(codings, "_outcome", return_value=(b"hell", "whole")):
        (finding,) = codings.Verdict()(page)
    assert finding.kind == "it is not what was packed"


def test_a_meta_that_is_not_heard_is_found() -> None:
    body = charsets.decode(b"\1" + b"\0" * (SETTINGS - 1) + b"<meta charset=gbk>")
    assert charsets.Verdict()(body) == []
    with mock.patch("fasthttp._web.charsets._from_metas", return_value=None):
        kinds = {finding.kind for finding in charsets.Verdict()(body)}
    assert kinds == {"the prescan differs", "the meta is not heard"}


def test_it_generates(verdict: Verdict, tmp_path: Path) -> None:
    played = Target(mock.Mock(return_value=[]), tmp_path)
    covered = Engine(played, seed=1).run(0.2)
    assert played.executions >= 20
    assert covered.startswith("lines: ")


def test_what_has_no_end_is_ended(tmp_path: Path) -> None:
    root = Path(target.__file__).parents[2]
    command = [sys.executable, "-c", _HANGS, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode < 0
    assert "in forever" in done.stderr
    assert (tmp_path / "current").read_bytes() == b"12345678HTTP/"
