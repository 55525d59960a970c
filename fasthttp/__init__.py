"""Python's http.client, as fast as a raw socket: same API, same exceptions, same behaviour.

    from fasthttp import HTTPSConnection          # instead of: from http.client import ...
    import fasthttp.client as client              # instead of: import http.client as client

`implementation` is "c" where the compiled codec is in use and "py" where its pure-Python twin is.
"""

from . import client
from ._codec import implementation
from ._version import __version__
from .client import *  # noqa: F403
from .patch import InstallWarning, install, installed, installed_for, uninstall

__all__ = [
    "InstallWarning",
    "__version__",
    "client",
    "implementation",
    "install",
    "installed",
    "installed_for",
    "uninstall",
]
__all__ += client.__all__


def __getattr__(name: str) -> object:
    """Status codes and everything else that `http.client` has."""
    return getattr(client, name)
