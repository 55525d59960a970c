"""The first install() of a process in which something has replaced a function before: what is known
of it from an install() before that, in the process of other tests, is not known here.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from fasthttp import patch

_PROGRAM = r"""
import http.client, io, sys

class Tool:
    # something callable that is no function, as wrapt's wrappers are
    def __init__(self, inner):
        self.inner = inner
    def __call__(self, *given, **named):
        return self.inner(*given, **named)
    def __get__(self, instance, owner=None):
        inner = self.inner.__get__(instance, owner)
        return lambda *given, **named: inner(*given, **named)

class Socket:
    sent = b""
    def sendall(self, data):
        self.sent += bytes(data)
    def makefile(self, *given, **named):
        return io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    def close(self):
        pass

place, newest = sys.argv[1], sys.argv[2] == "newest"
owner, _, name = place.rpartition(".")
owner = getattr(http.client, owner) if owner else http.client
setattr(owner, name, Tool(getattr(owner, name)))
import fasthttp
fasthttp.install(newest=newest)
connection = http.client.HTTPConnection("h.invalid")
connection.sock = Socket()
connection.request("POST", "/", b"body", {"A": "b"})
response = connection.getresponse()
assert response.getheader("content-length") == "2"
assert response.read() == b"ok", "another body"
fasthttp.uninstall()
assert type(vars(owner)[name]) is Tool, "it was taken away"
"""


@pytest.mark.parametrize("newest", ["", "newest"])
@pytest.mark.parametrize("place", sorted(patch.leaves))
def test_what_was_there_before_stays(place: str, newest: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, place, newest],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
