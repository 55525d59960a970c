"""Debian sid that was kept in a directory is used only where it is complete."""

from __future__ import annotations

from .places import PACKAGES, lacking, mirror

_HEAD = "||/ Name Version Architecture Description\n+++-====-===-===-===\n"


def _listed(*names: str, status: str = "ii") -> str:
    return "".join(f"{status}  {name}  1.0-1  amd64  what it is\n" for name in names)


def test_nothing_is_lacking_where_all_is_installed() -> None:
    assert lacking(_HEAD + _listed("bash", *PACKAGES)) == []


def test_a_library_is_listed_with_its_architecture() -> None:
    assert lacking(_listed(*(f"{name}:amd64" for name in PACKAGES))) == []


def test_what_is_lacking_is_named() -> None:
    """A package that was removed is still listed, with another status."""
    gone, never, *there = PACKAGES
    said = _HEAD + _listed(*there) + _listed(gone, status="rc")
    assert lacking(said) == sorted([gone, never])


def test_debian_comes_from_where_this_system_has_its_own() -> None:
    said = "mirror+file:/etc/mirrors\ncdrom:[Debian]/\nhttp://one.test/debian/\nhttps://two.test/\n"
    assert mirror(said) == ["http://one.test/debian/"]
    assert mirror("") == mirror("cdrom:[Debian]/\n") == []
