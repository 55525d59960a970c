"""Lay out in one folder what Sphinx builds: the pages of docs/, and those that live elsewhere.

A page is a file that reads well as it is. For Sphinx, a copy of it is changed line by line, so that
a warning's line number is the file's:

- A block in `python` is run, and compared with the block in `text` behind it.
- A link leads to the page that the file has become, or to a copy of a file that is no page.
- A flowchart in `mermaid` becomes a picture, drawn here by Graphviz's `dot`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import flowchart

ROOT = Path(__file__).resolve().parents[1]
#: Pages that live elsewhere, by the names that they get.
_ELSEWHERE = {
    "changes.md": "CHANGES.md",
    "contributing.md": "CONTRIBUTING.md",
    "downstream.md": "tests/downstream/README.md",
    "examples.md": "examples/README.md",
    "security.md": "SECURITY.md",
}
#: What the menu has, by headings.
_MENU = {
    "Use": (
        "tutorial", "pool", "pages", "scraper", "fetch", "install", "incoming", "strict",
        "examples", "faq",
    ),
    "Look up": ("reference", "deviations", "performance", "downstream"),
    "The project": ("architecture", "contributing", "security", "changes"),
}  # fmt: skip
#: README.md's own examples are run, and not shown.
README = "readme.md"

_FENCE = re.compile(r"```(\w*)$")
#: In the reference.
_FOR_THE_FILE = re.compile(
    r"^\.\. for whoever reads the file\n.*?^\.\. for everybody\n", re.M | re.S
)
_LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")


class CollectError(Exception):
    """A page has something that cannot be built; the message says where and what."""


def collect(target: Path) -> None:
    """Lay everything out in the folder `target`, which is emptied. Raises CollectError."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    sources = {path.name: path for path in sorted((ROOT / "docs").glob("*.md"))}
    sources |= {name: ROOT / path for name, path in _ELSEWHERE.items()}
    names = {path.resolve(): name for name, path in sources.items()}
    reference = ROOT / "docs" / "reference.rst"
    names[reference] = reference.name
    text = reference.read_text(encoding="utf-8")
    (target / reference.name).write_text(_FOR_THE_FILE.sub("", text), encoding="utf-8")
    for name, source in sources.items():
        text = "\n".join(Page(source, target, names).lines()) + "\n"
        if name == "index.md":
            text += _menu()
        (target / name).write_text(text, encoding="utf-8")
    (target / README).write_text(_readme_examples(), encoding="utf-8")


class Page:
    """One file on its way into the folder."""

    def __init__(
        self, source: Path, target: Path, names: dict[Path, str], root: Path = ROOT
    ) -> None:
        self._source, self._target, self._names, self._root = source, target, names, root
        self._title = source.relative_to(root).as_posix()

    def lines(self) -> Iterator[str]:
        """Give the lines of the copy: as many as the file has."""
        #: The language of the block that we are in, and of the one that ended last.
        inside, last = None, None
        chart: list[str] = []
        for line in self._source.read_text(encoding="utf-8").splitlines():
            fence = _FENCE.match(line)
            if inside == "mermaid":
                chart.append(line)
                if fence:
                    yield from self._picture(chart)
            elif fence and inside is None and fence[1] == "mermaid":
                chart = [line]
            elif fence and inside is None:
                yield _opening(fence[1], last)
            else:
                yield line if inside is not None or fence else self._linked(line)
            if fence:
                inside, last = (fence[1], last) if inside is None else (None, inside)
            elif inside is None and line.strip():
                last = None

    def _linked(self, line: str) -> str:
        return _LINK.sub(lambda found: self._target_of(found[1]), line)

    def _target_of(self, link: str) -> str:
        """Return where a link of the file leads to in the copy."""
        path, sign, anchor = link.partition("#")
        if not path or ":" in path:
            return link
        wanted = Path(os.path.normpath(self._source.parent / path))
        if wanted in self._names:
            return f"{self._names[wanted]}{sign}{anchor}"
        if not wanted.is_file() or not wanted.is_relative_to(self._root):
            raise CollectError(f"{self._title}: a link leads nowhere: {link}")
        copy = self._target / "files" / wanted.relative_to(self._root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(wanted, copy)
        return copy.relative_to(self._target).as_posix()

    def _picture(self, block: list[str]) -> Iterator[str]:
        chart = flowchart.read(block[1:-1])
        name = re.sub(r"\W+", "-", chart.title.lower())
        file = self._target / "files" / f"{name}.svg"
        file.parent.mkdir(exist_ok=True)
        file.write_text(chart.drawn(), encoding="utf-8")
        yield f"![{chart.title}: {chart.description}](files/{file.name})"
        yield from [""] * (len(block) - 1)


def _opening(language: str, last: str | None) -> str:
    """Return the first line of a block, as Sphinx wants it."""
    known = {
        "python": "```{testcode}",
        "text": "```{testoutput}" if last == "python" else "```text",
    }
    return known.get(language, f"```{language}")


def _menu() -> str:
    trees = (
        f"\n```{{toctree}}\n:caption: {caption}\n:maxdepth: 1\n:hidden:\n\n"
        + "\n".join(pages)
        + "\n```\n"
        for caption, pages in _MENU.items()
    )
    return "".join(trees)


def _readme_examples() -> str:
    """Return README.md's blocks in `python` as a page, each with any output."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    pieces = (f"```{{testcode}}\n{block}```\n\n```{{testoutput}}\n...\n```\n" for block in blocks)
    return "---\norphan: true\n---\n\n# README\n\n" + "\n".join(pieces)
