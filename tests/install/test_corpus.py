"""Over the corpus of foreign responses, `http.client` answers the same with install() as without.

The corpus and its replay.py are found, and explained, by tests/corpus.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ..corpus.files import corpus_directory

_REPLAY = corpus_directory() / "replay.py"
pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not _REPLAY.exists(),
        reason=f"the response corpus is not in {corpus_directory()}: set FASTHTTP_CORPUS",
    ),
]


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Any:
    """replay.py as a module; what it imports is forgotten again."""
    monkeypatch.setattr(sys, "path", [str(_REPLAY.parent), *sys.path])
    monkeypatch.delitem(sys.modules, "observe", raising=False)
    spec: Any = importlib.util.spec_from_file_location("replay", _REPLAY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("observe", None)


class Switching:
    """`observe` of the corpus: for the module `installed` with install(), for others without.

    A response on no socket is observed in all ways at once, of which the next calls take theirs:
    to install and to take it back costs ten times as much as a case does.
    """

    def __init__(self, observing: Any, package: Any, installed: ModuleType) -> None:
        self._observe = observing.observe
        self._ways = [(d, s) for d in observing.DELIVERIES for s in observing.STYLES]
        self._package = package
        self._installed = installed
        self._ahead: dict[tuple[Any, ...], Any] = {}

    def __call__(
        self,
        module: ModuleType,
        raw: bytes,
        method: str,
        way: str,
        delivery: str,
        style: str,
        seed: int,
    ) -> Any:
        if module is not self._installed:
            return self._observe(module, raw, method, way, delivery, style, seed)
        asked = (raw, method, way, delivery, style, seed)
        if asked not in self._ahead:
            ways = self._ways if way == "fake" else [(delivery, style)]
            cases = [(raw, method, way, *each, seed) for each in ways]
            with self._package.installed_for():
                self._ahead = {case: self._observe(http.client, *case) for case in cases}
        return self._ahead.pop(asked)


@pytest.mark.parametrize(
    ("arguments", "least"),
    [(["--way", "fake"], 60_000), (["--way", "real", "--limit", "150"], 700)],
    ids=["without sockets", "with sockets"],
)
def test_corpus(
    package: Any,
    replay: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    least: int,
) -> None:
    installed = ModuleType("installed")  # stands for http.client with install()
    monkeypatch.setitem(sys.modules, "installed", installed)
    monkeypatch.setattr(replay.ob, "observe", Switching(replay.ob, package, installed))
    out = tmp_path / "divergences.json"
    replay.main(["--module", "installed", *arguments, "--json", str(out), "--show", "5"])
    said = capsys.readouterr().out
    assert int(said.partition("cases=")[2].split()[0]) >= least
    assert json.loads(out.read_text()) == [], said
