"""A fast HTTP/1.1 client: many pages from one thread, and `http.client` more than twice as fast.

Three ways to begin:

    import fasthttp

    # 1. Pages, as they come; Pool, which this makes, also takes requests from threads and asyncio.
    for page in fasthttp.fetch(["https://example.org/", "https://example.com/"], retries=2):
        print(page.url, page.error or page.status, len(page.text))

    # 2. One connection, with the API, the exceptions and the behaviour of http.client.
    import fasthttp.client as client  # instead of: import http.client as client

    # 3. What stands on http.client goes faster, unchanged: requests, urllib3, boto3, urllib.
    fasthttp.install()

The same from the command line, and what it would bring:

    python -m fasthttp fetch https://example.org/
    python -m fasthttp run --report SCRIPT
    python -m fasthttp bench
    python -m fasthttp info

Read on in help(fasthttp.fetch), help(fasthttp.Pool), help(fasthttp.Page), help(fasthttp.install).
`implementation` is "c" where the compiled codec is in use and "py" where its pure-Python twin is.
"""

try:
    from . import client
    from ._compiled import implementation
    from ._version import __version__
    from .client import *  # noqa: F403
    from .client import __all__ as _of_client
except Exception as _error:
    from . import _files

    _files.explain(_error)
    raise

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from . import incoming
    from ._names import *  # noqa: F403
    from ._pool import AsyncRun, Page, Pool, Progress, Request, Run, fetch, get
    from ._web.addresses import public_only
    from ._web.codings import DecodingError
    from ._web.cookie_rules import Cookie
    from ._web.cookies import Cookies
    from ._web.redirects import TooManyRedirects
    from .patch import InstallWarning, install, installed, installed_for, uninstall
    from .statistics import Fallback, Statistics, counting, start_counting, stats, stop_counting

__all__ = [
    "AsyncRun",
    "Cookie",
    "Cookies",
    "DecodingError",
    "Fallback",
    "InstallWarning",
    "Page",
    "Pool",
    "Progress",
    "Request",
    "Run",
    "Statistics",
    "TooManyRedirects",
    "__version__",
    "client",
    "counting",
    "fetch",
    "get",
    "implementation",
    "incoming",
    "install",
    "installed",
    "installed_for",
    "public_only",
    "start_counting",
    "stats",
    "stop_counting",
    "uninstall",
]
__all__ += _of_client


#: Imported when it is asked for: most programs use either this or the classes.
_DELAYED = {
    **dict.fromkeys(
        ("InstallWarning", "install", "installed", "installed_for", "uninstall"), "patch"
    ),
    **dict.fromkeys(
        ("Fallback", "Statistics", "counting", "start_counting", "stats", "stop_counting"),
        "statistics",
    ),
    "incoming": "incoming",
    **dict.fromkeys(
        ("AsyncRun", "Page", "Pool", "Progress", "Request", "Run", "fetch", "get"), "_pool"
    ),
    "Cookie": "_web.cookie_rules",
    "Cookies": "_web.cookies",
    "DecodingError": "_web.codings",
    "TooManyRedirects": "_web.redirects",
    "public_only": "_web.addresses",
}


def __getattr__(name: str) -> object:
    """install() and the like; status codes and everything else that `http.client` has."""
    home = _DELAYED.get(name)
    if home is not None:
        # Not `from . import`, which would look for the package by its name: see load_package().
        import importlib  # at first use: what is never installed costs no import

        try:
            module = globals().get(home) or importlib.import_module(f".{home}", __name__)
            return module if name == home else getattr(module, name)
        except Exception as error:
            importlib.import_module("._files", __name__).explain(error)
            raise
    try:
        return getattr(client, name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    """With the names that are imported when they are asked for, so that help() finds them."""
    return sorted({*globals(), *__all__})
