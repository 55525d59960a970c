"""Writes where the project lives into what is published, before the sdist is made of it.

    python -m tests.packaging.address https://example.org/owner/fasthttp v1.2.3

Who publishes knows the address; the sources do not, and in a fork it is another. pyproject.toml
gets the project's URLs; the links of README.md get the address and the tag, because the index shows
it away from the files beside it. The address has files below /blob/TAG/ and /raw/TAG/.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from .source import ROOT

#: What the index shows beside the text, by its label, and where it is.
URLS = {
    "Source": "",
    "Documentation": "/blob/{tag}/docs/index.md",
    "Changelog": "/blob/{tag}/CHANGES.md",
    "Security": "/blob/{tag}/SECURITY.md",
    "Issues": "/issues",
}
_PAGES = (
    re.compile(r"(\]\()(?![a-z]+:|#)([^)\s]+\))"),
    re.compile(r"(^\[[^\]]+\]: )(?![a-z]+:|#)(\S+)", re.MULTILINE),
    re.compile(r'(\bhref=")(?![a-z]+:|#)([^"]+")'),
)
_IMAGE = re.compile(r'(\bsrc(?:set)?=")(?![a-z]+:)([^"]+")')


def with_urls(pyproject: str, address: str, tag: str) -> str:
    """Return the text of pyproject.toml with the project's URLs."""
    if "[project.urls]" in pyproject:
        raise ValueError("pyproject.toml has URLs already")
    lines = [f'{name} = "{address}{path.format(tag=tag)}"' for name, path in URLS.items()]
    return "\n".join([pyproject, "[project.urls]", *lines, ""])


def with_links(readme: str, address: str, tag: str) -> str:
    """Return the text of a Markdown file with its relative links made absolute, whichever way
    they are written.
    """
    for page in _PAGES:
        readme = page.sub(rf"\g<1>{address}/blob/{tag}/\g<2>", readme)
    return _IMAGE.sub(rf"\g<1>{address}/raw/{tag}/\g<2>", readme)


def write(checkout: Path, address: str, tag: str) -> None:
    """Change the two files of `checkout`."""
    for name, changed in (("pyproject.toml", with_urls), ("README.md", with_links)):
        path = checkout / name
        path.write_text(changed(path.read_text("utf-8"), address, tag), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address", help="of the repository, without a slash at its end")
    parser.add_argument("tag", help="the git tag or branch that is published")
    options = parser.parse_args()
    write(ROOT, options.address, options.tag)


if __name__ == "__main__":
    main()
