"""The name of a file for a URL: safe on every file system, and another one for every URL."""

from __future__ import annotations

import re
from hashlib import blake2b
from http.client import InvalidURL

from .._web import urls

__all__ = ["INDEX", "PARTIAL", "name_of"]

#: The files of a directory that are no pages. No folder of a host is called so.
INDEX = "index.jsonl"
PARTIAL = ".partial"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,8}")
#: Names that are devices on Windows, whatever follows the first dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
#: Characters: with the digest and the extension it stays far below what file systems take.
_LONGEST = 80


def _safe(text: str) -> str:
    """Return a text without what means something to a file system, dots at its ends included."""
    return _UNSAFE.sub("_", text)[:_LONGEST].strip("._-")


def name_of(url: str) -> str:
    """Return the path of a page below the directory: "host/page-DIGEST.ext", with a slash.

    The digest is that of the URL, so that no two URLs have names that differ by case alone, or
    not at all; the rest is for people.
    """
    try:
        found = urls.parse(url)
        host = found.name + ("" if found.port in urls.PORTS.values() else f"_{found.port}")
        target = found.target
    except (InvalidURL, TypeError):
        host, target = "", url
    path, mark, query = target.partition("?")
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    if not stem or _EXTENSION.fullmatch(extension) is None:
        stem, dot, extension = path.rpartition("/")[2], "", ""
    before = path.rpartition("/")[0]
    label = _safe(f"{before}/{stem}{mark}{query}".lstrip("/")) or "index"
    digest = blake2b(url.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
    return f"{_folder(host)}/{label}-{digest}{dot}{extension}"


def _folder(host: str) -> str:
    safe = _safe(host).lower() or "other"
    return f"_{safe}" if safe == INDEX or _DEVICE.fullmatch(safe) else safe
