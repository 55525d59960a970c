"""What is published says where the project lives, and none of its links lead nowhere."""

from __future__ import annotations

import email
import re
import sys
import zipfile
from pathlib import Path

import pytest

from .address import URLS, with_links, with_urls, write
from .source import ROOT, call, copy_checkout

_ADDRESS = "https://example.org/owner/fasthttp"


def test_links() -> None:
    text = '[a](docs/a.md), [b](https://b.example/) [c](#c) <img src="x.svg" alt="](no)">'
    assert with_links(text, _ADDRESS, "v1") == (
        f"[a]({_ADDRESS}/blob/v1/docs/a.md), [b](https://b.example/) [c](#c) "
        f'<img src="{_ADDRESS}/raw/v1/x.svg" alt="]({_ADDRESS}/blob/v1/no)">'
    )
    text = '[a]: docs/a.md\n[b]: https://b.example/\n<a href="d.md"></a><a href="#d"></a>'
    assert with_links(text, _ADDRESS, "v1") == (
        f"[a]: {_ADDRESS}/blob/v1/docs/a.md\n[b]: https://b.example/\n"
        f'<a href="{_ADDRESS}/blob/v1/d.md"></a><a href="#d"></a>'
    )


def test_the_page_that_the_index_shows() -> None:
    """By the index's own renderer: with its headings and pictures, and no link to a file beside."""
    markdown = pytest.importorskip("readme_renderer.markdown", reason="needs the extra release")
    shown = markdown.render(with_links((ROOT / "README.md").read_text("utf-8"), _ADDRESS, "v1"))
    assert shown is not None, "readme_renderer renders Markdown with its extra md alone"
    assert "<h1" in shown
    names = set(re.findall(r'\bid="user-content-([^"]*)"', shown))
    for link in re.findall(r'\bhref="([^"]*)"', shown):
        # The index takes "#use" to "#user-content-use".
        where = link.removeprefix("#").removeprefix("user-content-")
        assert link.startswith("https://") or where in names, link
    images = re.findall(r"<img\b[^>]*>", shown)
    assert images
    for image in images:
        assert re.search(rf'\bsrc="{_ADDRESS}/raw/v1/[^"]+"', image), image
        assert re.search(r'\balt="[^"]+"', image), image


def test_an_address_is_not_written_over_another() -> None:
    with pytest.raises(ValueError, match="already"):
        with_urls(with_urls("[project]\n", _ADDRESS, "v1"), _ADDRESS, "v1")


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="nothing says which files are ours")
def test_metadata(tmp_path: Path) -> None:
    """Of a wheel: the URLs, and a README that can be shown anywhere."""
    copy_checkout(tmp_path / "checkout")
    write(tmp_path / "checkout", _ADDRESS, "v1")
    call(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path / "dist",
        tmp_path / "checkout", cwd=tmp_path, FASTHTTP_EXTENSION="0",
    )  # fmt: skip
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
    assert metadata.get_all("Project-URL") == [
        f"{label}, {_ADDRESS}{path.format(tag='v1')}" for label, path in URLS.items()
    ]
    shown = metadata.get_payload()
    assert isinstance(shown, str)
    targets = re.findall(r'\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"', shown)
    assert len(targets) > 10
    for target in map("".join, targets):
        assert target.startswith(("https://", "#"))
        if target.startswith(_ADDRESS):
            assert (ROOT / re.sub(r".*/(?:blob|raw)/v1/", "", target)).is_file()
