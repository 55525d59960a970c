"""The pool: many requests to many hosts from one thread. What is public of it is in `fasthttp`.

What decides (hosts.py, timers.py, wire.py) has no sockets; engine.py, connection.py and dialing.py
wait, and ask it.
"""

from .aio import AsyncRun
from .page import Page
from .pool import Pool
from .request import Request
from .run import Progress, Run
from .shell import fetch, get

__all__ = ["AsyncRun", "Page", "Pool", "Progress", "Request", "Run", "fetch", "get"]
