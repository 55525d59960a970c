"""The files nginx serves, and what a right answer looks like."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from pathlib import Path

SMALL = b"hello, small file\n"
LARGE_SIZE = 32 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Site:
    """A document root and the contents of its files."""

    root: Path
    small: bytes
    text: bytes
    large_size: int
    large_digest: str


def digest(data: bytes | bytearray | memoryview) -> str:
    """The fingerprint by which large bodies are compared."""
    return hashlib.sha256(data).hexdigest()


def build_site(root: Path) -> Site:
    """Write small.txt, empty.txt, text.txt (about 1 MiB of lines) and large.bin (32 MiB)."""
    generator = random.Random(20)  # the same bytes in every run
    text = b"".join(
        b"line %d %s needle\n" % (number, b"x" * generator.randrange(80))
        for number in range(18_000)
    )
    large = generator.randbytes(1024 * 1024 - 1) * 33
    large = large[:LARGE_SIZE]
    contents = {"small.txt": SMALL, "empty.txt": b"", "text.txt": text, "large.bin": large}
    root.mkdir()
    for name, content in contents.items():
        (root / name).write_bytes(content)
    (root / "dav").mkdir()
    return Site(root, SMALL, text, LARGE_SIZE, digest(large))
