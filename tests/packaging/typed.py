"""What a type checker makes of the names of `fasthttp.client`: `mypy tests/packaging/typed.py`.

Nobody runs this; .ci/lint has mypy check it, and that fails where one of these types is another.
"""

import re
from http import HTTPStatus
from http.client import HTTPMessage
from typing import Literal

from typing_extensions import assert_type

import fasthttp
from fasthttp import client
from fasthttp.client import _MAXLINE, NOT_FOUND, HTTPConnection

assert_type(client.OK, Literal[HTTPStatus.OK])
assert_type(client.IM_USED, Literal[HTTPStatus.IM_USED])
assert_type(
    client.NETWORK_AUTHENTICATION_REQUIRED, Literal[HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED]
)
assert_type(NOT_FOUND, Literal[HTTPStatus.NOT_FOUND])
assert_type(fasthttp.OK, Literal[HTTPStatus.OK])
# On all Pythons, though http.client has this name since 3.13 only.
assert_type(client.CONTENT_TOO_LARGE, Literal[HTTPStatus.REQUEST_ENTITY_TOO_LARGE])
assert_type(client.HTTP_PORT, int)
assert_type(client.HTTPS_PORT, int)
assert_type(_MAXLINE, int)
assert_type(client._MAXHEADERS, int)
assert_type(client._MAXINTERIMRESPONSES, int)
assert_type(client._MIN_READ_BUF_SIZE, int)
assert_type(client._UNKNOWN, str)
assert_type(client._CS_IDLE, str)
assert_type(client._METHODS_EXPECTING_BODY, set[str])
assert_type(client._is_legal_header_name(b"x"), re.Match[bytes] | None)
assert_type(client._contains_disallowed_url_pchar_re, re.Pattern[str])
assert_type(client._parse_header_lines([b"\r\n"]), HTTPMessage)
assert_type(client.responses, dict[int, str])
assert_type(client.responses[client.OK], str)
assert_type(client.socket.gethostname(), str)
assert_type(client.urlsplit("http://h/").hostname, str | None)


def used(connection: HTTPConnection) -> str:
    """As programs use them: to compare, to match, and to set what `http.client` lets them set."""
    client._MAXLINE = 1 << 20
    status = connection.getresponse().status
    number: int = client.OK
    if status == client.OK or status in (client.FOUND, number):
        return client.OK.phrase
    match status:
        case client.NOT_FOUND:
            return client.responses[status]
    return ""


def fetched(urls: list[str]) -> None:
    """Arguments that are passed on have their names and types."""
    assert_type(fasthttp.fetch(urls, ordered=True, timeout=3, headers={"A": "b"}), fasthttp.Run)
    assert_type(fasthttp.get(urls[0], method="PUT", timeout=3, cookies=True), fasthttp.Page)
    fasthttp.fetch(urls, timeot=3)  # type: ignore[call-arg]
    fasthttp.fetch(urls, timeout="3")  # type: ignore[arg-type]
    fasthttp.get(urls[0], verify=False)  # type: ignore[call-arg]
    fasthttp.get(urls[0], body=b"", total="1")  # type: ignore[arg-type]
