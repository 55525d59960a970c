"""Public suffixes: names like "com" and "co.uk", below which names belong to different owners.

A server of www.example.co.uk must not set a cookie for all of co.uk. Which names are such, the
public suffix list says. Of the packages that carry a copy of it, the first that is there is asked,
without the network: `publicsuffixlist`, then `tldextract`. Where neither is, a simple rule stands
in. By it a public suffix is

- a name without a dot, like "com" or "localhost", and
- a name of two labels of which the last has two letters and the first is one of `_SECOND_LEVEL`,
  like "co.uk" or "com.br".

The rule does not know what companies let to their customers, like github.io.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable

#: Under the domains of countries: what kind of owner is below.
_SECOND_LEVEL = re.compile(
    "ac|art|asn|co|com|edu|firm|gen|go|gob|gouv|gov|govt|gv|id|ind|info|k12|ltd|me|mil|muni|ne|net|"
    "nhs|nic|nom|or|org|plc|pol|press|pro|sch|school|sld|web"
)


def is_public_suffix(domain: str) -> bool:
    """Return whether names below this one, which is in lower case, belong to different owners."""
    name = domain.rstrip(".")
    return "." not in name or _rule()(name)


@functools.cache
def _rule() -> Callable[[str], bool]:
    try:
        return _by_publicsuffixlist()
    except ImportError:
        pass
    try:
        return _by_tldextract()
    except ImportError:
        return _by_hand


def _by_publicsuffixlist() -> Callable[[str], bool]:
    # Encoding the names of the whole list, to find the few that are asked for, takes 30 ms.
    known = importlib.import_module("publicsuffixlist").PublicSuffixList(accept_encoded_idn=False)
    return lambda name: bool(known.is_public(_decoded(name)))


def _decoded(name: str) -> str:
    if "xn--" not in name:
        return name
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:  # nobody's name, which is no suffix either
        return name


def _by_tldextract() -> Callable[[str], bool]:
    extract = importlib.import_module("tldextract").TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
    )
    return lambda name: bool(extract(name).suffix == name)


def _by_hand(name: str) -> bool:
    first, _, last = name.partition(".")
    return len(last) == 2 and last.isalpha() and _SECOND_LEVEL.fullmatch(first) is not None
