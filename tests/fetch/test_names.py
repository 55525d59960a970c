"""Names of files for URLs."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasthttp._fetch.names import INDEX, PARTIAL, name_of

from ..drawn import examples

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")


def check(url: str) -> str:
    name = name_of(url)
    assert SAFE.fullmatch(name), name
    folder, _, file = name.partition("/")
    assert len(folder) <= 100 and len(file) <= 120
    assert folder == folder.lower() and folder not in (INDEX, PARTIAL)
    for part in (folder, file):
        assert not part.endswith((".", " ")) and ".." not in (part, part[:2])
        device = part.partition(".")[0].upper()
        assert device not in ("CON", "PRN", "AUX", "NUL", "COM1", "LPT1"), name
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(name)
        assert not path.is_absolute() and ".." not in path.parts and len(path.parts) == 2
    return name


@pytest.mark.parametrize(
    ("url", "begins", "ends"),
    [
        ("http://example.org/", "example.org/index-", ""),
        ("http://example.org", "example.org/index-", ""),
        ("http://Example.org/a/b.html", "example.org/a_b-", ".html"),
        ("http://example.org:8080/x.tar.gz", "example.org_8080/x.tar-", ".gz"),
        ("http://example.org/x?y=1&z=2", "example.org/x_y_1_z_2-", ""),
        ("https://[::1]/x", "1/x-", ""),
        ("http://example.org/../../etc/passwd", "example.org/etc_passwd-", ""),
        ("http://example.org/..%2f..%2fetc", "example.org/2f..", ""),
        ("http://example.org/a\\..\\b", "example.org/a_.._b-", ""),
        ("http://con/x", "_con/x-", ""),
        ("http://aux.txt/nul", "_aux.txt/nul-", ""),
        ("http://index.jsonl/", "_index.jsonl/index-", ""),
        ("http://.partial/", "partial/index-", ""),
        ("http://example.org/.hidden", "example.org/hidden-", ""),
        ("no url: ../../x", "other/", ""),
        ("http://b\u00fccher.example/", "xn--bcher-kva.example/index-", ""),
    ],
)
def test_names(url: str, begins: str, ends: str) -> None:
    name = check(url)
    assert name.startswith(begins) and name.endswith(ends), name
    assert name == name_of(url)


def test_long_ones() -> None:
    urls = [f"http://{'a' * 60}.{'b' * 60}.example/{'c' * 5000}{end}" for end in ("", "d", ".html")]
    assert len({check(url) for url in urls}) == 3


def test_no_two_differ_by_case_alone() -> None:
    urls = ["/A", "/a", "/a?", "/a?b", "/a/b", "/a_b", "/a%20b", "/a.b", "/a.B", "/a#x"]
    names = [check("http://example.org" + path) for path in urls]
    names += [check("https://example.org/a"), check("http://EXAMPLE.org/a")]
    assert len({name.lower() for name in names}) == len(names)


@given(st.text())
@examples(100)
def test_any_text(text: str) -> None:
    check(text)
    check("http://example.org/" + text)
    check(f"http://{text}/x")
