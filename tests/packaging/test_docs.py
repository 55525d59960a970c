"""The pages of docs/ name nothing that is not there, and run what can be run.

Sphinx builds them and runs their examples: `python docs/build.py`.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import fasthttp
from fasthttp.__main__ import _parser
from fasthttp._bench.arguments import scenarios_of

from ..corpus.deviations import DEVIATIONS
from .source import ROOT

_DOCS = ROOT / "docs"
_PAGES = {
    path.name: path.read_text("utf-8") for path in sorted(_DOCS.glob("*.*")) if path.is_file()
}
_MARKDOWN = {name: text for name, text in _PAGES.items() if name.endswith(".md")}
#: All that a reader of the files finds: README.md's examples are run too.
_READ = {path.name: path.read_text("utf-8") for path in ROOT.glob("README.md")} | _MARKDOWN
_FENCE = re.compile(r"^```(\S*).*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FILE = re.compile(r"`((?:fasthttp|tests|bench|csrc|docs|examples)/[\w./]*\w)`")

# Wheels are tested away from the checkout.
pytestmark = pytest.mark.skipif(not _DOCS.exists(), reason="docs/ is not beside these tests")


def _fences(*languages: str) -> list[tuple[str, str]]:
    """(page, content) of the blocks in these languages."""
    return [
        (name, content)
        for name, text in _READ.items()
        for language, content in _FENCE.findall(text)
        if language in languages
    ]


_COMMANDS = [
    (page, line) for page, content in _fences("sh") for line in content.splitlines() if line
]


@cache
def _functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", _MARKDOWN)
def test_every_test_that_is_named_exists(name: str) -> None:
    for path, function in _TEST.findall(_MARKDOWN[name]):
        assert function in _functions(path), f"{path}::{function}"


def test_every_deviation_has_a_reason_and_a_test() -> None:
    """In the tables whose last column is for tests."""
    checked = 0
    titles: list[str] = []
    lines = _MARKDOWN["deviations.md"].splitlines()
    for line, following in pairwise([*lines, ""]):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if following.startswith("|---"):
            titles = cells
        elif line.startswith("| ") and titles[-1] == "test":
            assert len(cells) == len(titles), line
            assert all(cells), line
            assert _TEST.search(cells[-1]), line
            checked += 1
    assert checked > 35


def test_all_that_the_corpus_accepts_is_listed() -> None:
    listed = _MARKDOWN["deviations.md"]
    assert [each.name for each in DEVIATIONS if f"| `{each.name}` |" not in listed] == []


@pytest.mark.parametrize("name", _PAGES)
def test_every_file_that_is_named_exists(name: str) -> None:
    for path in _FILE.findall(_PAGES[name]):
        if not path.startswith("docs/_build"):
            assert (ROOT / path).exists(), path


def test_files_that_are_named_without_their_folder_exist() -> None:
    """On the page about them, and in the package's own comments."""
    texts = [_DOCS / "architecture.md", *(ROOT / "fasthttp").rglob("*.p[xy]*")]
    exist = {path.name for path in ROOT.rglob("*.p[xy]*")}
    for path in texts:
        if path.suffix in (".md", ".py", ".pyx", ".pxd"):
            named = re.findall(r"(?<![\w/.])[a-z]\w*\.(?:pyx?|pxd)\b", path.read_text("utf-8"))
            assert exist.issuperset(named), path


def test_every_public_name_is_in_the_reference() -> None:
    """Described by its docstring, or by name."""
    said = re.findall(r":: (\S+)$|``(\w[\w.]*)``", _PAGES["reference.rst"], re.MULTILINE)
    names = {name.rpartition(".")[2].removesuffix("()") for pair in said for name in pair}
    assert set(fasthttp.__all__) - names == set()


@pytest.mark.parametrize("name", _READ)
def test_a_page_reads_well_as_a_file(name: str) -> None:
    """It has text of its own, no directive or role, and no language but these in its blocks.

    What is in "python" is run by docs/build.py, what is in "text" behind it is compared.
    """
    text = _READ[name]
    assert len(text.splitlines()) > 20
    assert {language for language, _ in _FENCE.findall(text)} <= {"python", "text", "sh", "mermaid"}
    assert all(content.strip() for _, content in _FENCE.findall(text))
    assert re.search(r"^:{3}|^:[a-z-]+:|\{[a-z-]+\}`", text, re.MULTILINE) is None


def test_every_example_that_prints_is_compared() -> None:
    for name, text in _MARKDOWN.items():
        blocks = [*_FENCE.findall(text), ("", "")]
        for (language, content), (next_language, _) in pairwise(blocks):
            if language == "python" and "print(" in content:
                assert next_language == "text", f"{name}: {content}"


@pytest.mark.parametrize(("page", "line"), _COMMANDS)
def test_commands_are_there(page: str, line: str) -> None:
    for command in line.split(" && "):
        found = re.match(r"(?:time )?python (?:-m )?(\S+)(.*)", command)
        assert found is not None, line
        what, arguments = found.groups()
        if what == "fasthttp" and not arguments.startswith(" run"):
            given = _parser().parse_args(arguments.split())
            if given.command == "bench":
                assert scenarios_of(given)
        elif what.endswith(".py"):
            assert (ROOT / Path(what)).is_file(), line
        elif what.startswith("bench."):
            module = ROOT / what.replace(".", "/")
            assert (module / "__main__.py").is_file() or module.with_suffix(".py").is_file(), line
        else:
            assert what in ("fasthttp", "pip", "pytest", "cProfile", "SCRIPT"), line
