"""Follow the links of built pages, as far as they lead to files of the same folder."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """What a page links to, loads, and can be linked to by."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.ids: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what an element refers to."""
        for name, value in attrs:
            if not value:
                continue
            if name == "id":
                self.ids.add(value)
            elif name == "href" and tag == "a":
                self.links.add(value)
            elif name in ("href", "src", "data") and tag != "a":
                self.loads.add(value)


def broken(folder: Path) -> list[str]:
    """Say which links of the pages in `folder` lead nowhere, and what they load from elsewhere."""
    pages = {file: _Page(file) for file in sorted(folder.rglob("*.html"))}
    found = []
    for file, page in pages.items():
        name = file.relative_to(folder).as_posix()
        for link in sorted(page.links | page.loads):
            parts = urlsplit(link)
            if parts.scheme == "data" or link == "#":
                continue
            if parts.scheme or parts.netloc:
                if link in page.loads:
                    found.append(f"{name}: loads from elsewhere: {link}")
                continue
            path = unquote(parts.path)
            wanted = (file.parent / path).resolve() if path else file
            if not wanted.is_file():
                found.append(f"{name}: leads nowhere: {link}")
            elif (
                parts.fragment
                and wanted in pages
                and unquote(parts.fragment) not in pages[wanted].ids
            ):
                found.append(f"{name}: no such place: {link}")
    return found
