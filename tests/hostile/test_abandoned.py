"""A request that was begun and given up leaves nothing behind for the next one.

http.client keeps the lines that were put before close(): the next request then goes out behind the
head of the first, gets the answer to that, and sends its fields (credentials, say) to the server.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .arena import Arena


def _begin(connection: Any) -> None:
    connection.putrequest("GET", "/begun")
    connection.putheader("X-Secret", "of the first")


def _fail(connection: Any) -> None:
    with pytest.raises(ValueError, match="header"):
        connection.request("GET", "/begun", headers={"X-Secret": "a", "X-Bad": "b\nc"})


def _fail_in_body(connection: Any) -> None:
    with pytest.raises(TypeError):
        connection.request("POST", "/begun", body=iter([object()]))


@pytest.mark.parametrize("give_up", [_begin, _fail, _fail_in_body])
@pytest.mark.parametrize("send", ["request", "putrequest"])
def test_the_next_request_is_sent_alone(
    client: ModuleType, path: str, give_up: Callable[[Any], None], send: str
) -> None:
    with Arena(path) as arena, contextlib.closing(arena.connection(client)) as connection:
        give_up(connection)
        connection.close()
        if send == "request":
            connection.request("GET", "/next")
        else:
            connection.putrequest("GET", "/next")
            connection.endheaders()
        heard = arena.hears()
        assert heard.startswith(b"GET /next HTTP/1.1\r\n")
        assert b"begun" not in heard
        assert b"X-Secret" not in heard
