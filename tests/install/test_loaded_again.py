"""`http.client` loaded or imported a second time: never said to be faster where it is not."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

_START = """
import importlib, os, sys, warnings
import http.client
import fasthttp
from tests.client.scripted_server import Script

ANSWER = (
    b"HTTP/1.1 200 OK\\r\\nA: b\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
    b"5\\r\\nhello\\r\\n0\\r\\n\\r\\n"
)

def exchange(module):
    with Script() as script:
        script.answers(ANSWER)
        connection = script.connection(module)
        connection.request("POST", "/", "body", {"A": "b"})
        response = connection.getresponse()
        assert type(response) is connection.response_class
        assert response.read() == b"hello"
        connection.close()
        return response.msg

def fast(module):
    lent = [module.parse_headers, module.HTTPResponse.begin, module.HTTPConnection.putrequest]
    return [os.sep + "fasthttp" + os.sep in f.__code__.co_filename for f in lent]

def surface(module):
    found = dict(vars(module))
    for cls in (module.HTTPConnection, module.HTTPResponse, module.HTTPMessage):
        found.update({(cls.__name__, n): v for n, v in vars(cls).items() if n[:2] != "__"})
    return found

def install(**how):
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        return fasthttp.install(**how), [str(w.message) for w in noted]
"""


def _run(implementation: str, script: str) -> None:
    source = _START + textwrap.dedent(script)
    switch = "1" if implementation == "c" else "0"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os; os.environ['FASTHTTP_EXTENSION'] = {switch!r}\n{source}",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("before", ["", "fasthttp.install()", "fasthttp.install(newest=True)"])
@pytest.mark.parametrize("newest", [False, True])
def test_reload(implementation: str, before: str, newest: bool) -> None:
    _run(
        implementation,
        f"""
        Old = http.client.HTTPConnection
        Kept = type("Kept", (Old,), {{}})
        names = set(surface(http.client))
        {before}
        importlib.reload(http.client)
        reloaded = surface(http.client)
        # Neither the old classes nor the new ones mix with the others.
        assert type(exchange(http.client)) is http.client.HTTPMessage
        left, noted = install(newest={newest})
        assert {{"parse_headers", "HTTPResponse.begin", "HTTPConnection.putrequest"}} <= set(left)
        assert all("loaded again" in why for why in left.values())
        assert len(noted) == 1 and "loaded again" in noted[0], noted
        assert install(newest={newest})[0] == left
        assert fast(http.client) == [False] * 3
        assert surface(http.client) == reloaded
        assert type(exchange(http.client)) is http.client.HTTPMessage
        # What was made of the old classes goes the way of the stdlib's old classes.
        holder = type("Module", (), {{"HTTPConnection": Kept}})
        assert type(exchange(holder)) is http.client.HTTPMessage
        exchange(fasthttp.client)
        assert fasthttp.uninstall() == []
        # What newest=True had added is in the module until then.
        assert surface(http.client) == {{n: v for n, v in reloaded.items() if n in names}}
        assert os.sep + "fasthttp" + os.sep not in Old.putrequest.__code__.co_filename
        exchange(http.client), exchange(holder)
        """,
    )


def test_a_chunk_that_is_missing_after_a_reload(implementation: str) -> None:
    """The old class raises the module's new error, with what was read before."""
    _run(
        implementation,
        """
        Old = http.client.HTTPResponse
        fasthttp.install()
        importlib.reload(http.client)
        import io
        data = ANSWER.replace(b"0\\r\\n\\r\\n", b"9\\r\\nyou")
        sock = type("Socket", (), {"makefile": lambda *_: io.BufferedReader(io.BytesIO(data))})
        response = Old(sock())
        response.begin()
        try:
            response.read()
        except http.client.IncompleteRead as error:
            assert error.partial == b"hello", error.partial
        else:
            raise AssertionError
        """,
    )


@pytest.mark.parametrize("before", ["", "fasthttp.install()"])
def test_imported_again(implementation: str, before: str) -> None:
    """The first module is faster, and it is said that the second is not."""
    _run(
        implementation,
        f"""
        first = http.client
        plain = surface(first)
        {before}
        del sys.modules["http.client"]
        second = importlib.import_module("http.client")
        assert second is not first
        own = surface(second)
        left, noted = install()
        assert list(left) == ["http.client"] and "imported again" in left["http.client"]
        assert len(noted) == 1 and "imported again" in noted[0], noted
        assert fast(first) == [True] * 3 and fast(second) == [False] * 3
        assert type(exchange(first)) is first.HTTPMessage
        assert type(exchange(second)) is second.HTTPMessage
        assert fasthttp.uninstall() == []
        assert surface(first) == plain and surface(second) == own
        """,
    )


def test_swapped_for_fasthttp(implementation: str) -> None:
    """Nothing to be said where programs get `fasthttp.client` by the name of the other."""
    _run(
        implementation,
        """
        sys.modules["http.client"] = fasthttp.client
        assert install() == ({}, [])
        exchange(fasthttp.client)
        assert fasthttp.uninstall() == []
        """,
    )
