"""docs/build.py: what it makes of a page that is a file, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .source import ROOT

_DOCS = ROOT / "docs"
# Wheels are tested away from the checkout.
pytestmark = pytest.mark.skipif(not _DOCS.exists(), reason="docs/ is not beside these tests")
# Behind all else: some of its modules have common names.
sys.path.append(str(_DOCS))

_CHART = """
    accTitle: The way
    A["a()<br/>a.py"] --> B{{"sure?"}}
    B -- yes --> C["c"]
    B -- "not that it matters" --> A
""".splitlines()


def _copied(tmp_path: Path, text: str) -> list[str]:
    """The lines that Sphinx gets for a page of docs/."""
    import collect

    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text(text, encoding="utf-8")
    names = {page.with_name("other.md"): "other.md", tmp_path / "SECURITY.md": "security.md"}
    return list(collect.Page(page, tmp_path / "out", names, tmp_path).lines())


def test_examples_are_run_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    text = "```python\nx\n```\n\n```text\n[a](b)\n```\n\nSo:\n\n```text\ny\n```\n\n```sh\nz\n```\n"
    made = _copied(tmp_path, text)
    assert len(made) == len(text.splitlines())
    openings = [line for line in made if line.startswith("```") and line != "```"]
    assert openings == ["```{testcode}", "```{testoutput}", "```text", "```sh"]
    assert made[5] == "[a](b)"


def test_links_lead_to_pages_and_to_copies_of_files(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("print()")
    text = "[a](other.md#x), [b](../SECURITY.md), [c](https://c.test/), [d](#d), [e](../run.py)"
    assert _copied(tmp_path, text) == [
        "[a](other.md#x), [b](security.md), [c](https://c.test/), [d](#d), [e](files/run.py)"
    ]
    assert (tmp_path / "out" / "files" / "run.py").read_text() == "print()"


@pytest.mark.parametrize("link", ["missing.md", "../missing.py", "../../beyond.md", ".."])
def test_a_link_to_nowhere_is_refused(tmp_path: Path, link: str) -> None:
    import collect

    (tmp_path.parent / "beyond.md").write_text("")
    with pytest.raises(collect.CollectError, match=r"docs/page\.md: a link leads nowhere: "):
        _copied(tmp_path, f"[a]({link})")


def test_a_flowchart_is_read() -> None:
    import flowchart

    chart = flowchart.read(["flowchart TD", *_CHART[1:]])
    assert chart.title == "The way"
    assert chart.boxes == {"A": ("a()<br/>a.py", False), "B": ("sure?", True), "C": ("c", False)}
    assert chart.arrows == [("A", "B", ""), ("B", "C", "yes"), ("B", "A", "not that it matters")]
    for wrong in ("subgraph one", "A ==> B", "A --> D"):
        with pytest.raises(flowchart.FlowchartError):
            flowchart.read([*_CHART, wrong])


def test_broken_links_of_built_pages_are_found(tmp_path: Path) -> None:
    import links

    (tmp_path / "a.html").write_text(
        '<h1 id="top"><a href="b.html#here"></a><a href="#top"></a><a href="https://x.test/"></a>'
        '<a href="c.html"></a><a href="b.html#there"></a><script src="https://x.test/a.js"></script>'
    )
    (tmp_path / "b.html").write_text('<p id="here">')
    assert links.broken(tmp_path) == [
        "a.html: no such place: b.html#there",
        "a.html: leads nowhere: c.html",
        "a.html: loads from elsewhere: https://x.test/a.js",
    ]
