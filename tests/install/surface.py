"""What stands in `http.client`: every name of the module and of its classes."""

from __future__ import annotations

import http.client
from typing import Any

_CLASSES = ("HTTPConnection", "HTTPSConnection", "HTTPResponse", "HTTPMessage")


def surface() -> dict[str, Any]:
    """Each name, with the very object that it has now."""
    found = dict(vars(http.client))
    for owner in _CLASSES:
        cls = getattr(http.client, owner, None)
        for name, value in vars(cls).items() if cls else ():
            found[f"{owner}.{name}"] = value
    # CPython counts up in these as it likes.
    return {name: value for name, value in found.items() if "__" not in name.rpartition(".")[2][:2]}
