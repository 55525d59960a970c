"""The types of what `fasthttp.client` looks up in `http.client` when it is asked for.

For mypy and editors alone: nothing imports this at run time. What fasthttp has of its own, and the
exceptions, stand in client.py.
"""

import collections as collections
import email.message
import email.parser
import errno as errno
import http as http
import io as io
import re as re
import socket as socket
import ssl as ssl
import sys as sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.client import HTTPMessage
from typing import Any, Literal
from urllib.parse import urlsplit as urlsplit

__all__ = [
    "ACCEPTED",
    "ALREADY_REPORTED",
    "BAD_GATEWAY",
    "BAD_REQUEST",
    "CONFLICT",
    "CONTENT_TOO_LARGE",
    "CONTINUE",
    "CREATED",
    "EARLY_HINTS",
    "EXPECTATION_FAILED",
    "FAILED_DEPENDENCY",
    "FORBIDDEN",
    "FOUND",
    "GATEWAY_TIMEOUT",
    "GONE",
    "HTTPS_PORT",
    "HTTP_PORT",
    "HTTP_VERSION_NOT_SUPPORTED",
    "IM_A_TEAPOT",
    "IM_USED",
    "INSUFFICIENT_STORAGE",
    "INTERNAL_SERVER_ERROR",
    "LENGTH_REQUIRED",
    "LOCKED",
    "LOOP_DETECTED",
    "METHOD_NOT_ALLOWED",
    "MISDIRECTED_REQUEST",
    "MOVED_PERMANENTLY",
    "MULTIPLE_CHOICES",
    "MULTI_STATUS",
    "NETWORK_AUTHENTICATION_REQUIRED",
    "NON_AUTHORITATIVE_INFORMATION",
    "NOT_ACCEPTABLE",
    "NOT_EXTENDED",
    "NOT_FOUND",
    "NOT_IMPLEMENTED",
    "NOT_MODIFIED",
    "NO_CONTENT",
    "OK",
    "PARTIAL_CONTENT",
    "PAYMENT_REQUIRED",
    "PERMANENT_REDIRECT",
    "PRECONDITION_FAILED",
    "PRECONDITION_REQUIRED",
    "PROCESSING",
    "PROXY_AUTHENTICATION_REQUIRED",
    "RANGE_NOT_SATISFIABLE",
    "REQUESTED_RANGE_NOT_SATISFIABLE",
    "REQUEST_ENTITY_TOO_LARGE",
    "REQUEST_HEADER_FIELDS_TOO_LARGE",
    "REQUEST_TIMEOUT",
    "REQUEST_URI_TOO_LONG",
    "RESET_CONTENT",
    "SEE_OTHER",
    "SERVICE_UNAVAILABLE",
    "SWITCHING_PROTOCOLS",
    "TEMPORARY_REDIRECT",
    "TOO_EARLY",
    "TOO_MANY_REQUESTS",
    "UNAUTHORIZED",
    "UNAVAILABLE_FOR_LEGAL_REASONS",
    "UNPROCESSABLE_CONTENT",
    "UNPROCESSABLE_ENTITY",
    "UNSUPPORTED_MEDIA_TYPE",
    "UPGRADE_REQUIRED",
    "URI_TOO_LONG",
    "USE_PROXY",
    "VARIANT_ALSO_NEGOTIATES",
    "_CS_IDLE",
    "_CS_REQ_SENT",
    "_CS_REQ_STARTED",
    "_MAXHEADERS",
    "_MAXINTERIMRESPONSES",
    "_MAXLINE",
    "_METHODS_EXPECTING_BODY",
    "_MIN_READ_BUF_SIZE",
    "_UNKNOWN",
    "_contains_disallowed_method_pchar_re",
    "_contains_disallowed_url_pchar_re",
    "_create_https_context",
    "_encode",
    "_is_illegal_header_value",
    "_is_legal_header_name",
    "_parse_header_lines",
    "_read_headers",
    "_strip_ipv6_iface",
    "collections",
    "email",
    "errno",
    "http",
    "io",
    "re",
    "socket",
    "ssl",
    "sys",
    "urlsplit",
]

HTTP_PORT: int
HTTPS_PORT: int

_UNKNOWN: str
_CS_IDLE: str
_CS_REQ_STARTED: str
_CS_REQ_SENT: str

#: In bytes, the end of the line included.
_MAXLINE: int
_MAXHEADERS: int
_MAXINTERIMRESPONSES: int
#: In bytes.
_MIN_READ_BUF_SIZE: int

_METHODS_EXPECTING_BODY: set[str]
_is_legal_header_name: Callable[[bytes], re.Match[bytes] | None]
_is_illegal_header_value: Callable[[bytes], re.Match[bytes] | None]
_contains_disallowed_url_pchar_re: re.Pattern[str]
_contains_disallowed_method_pchar_re: re.Pattern[str]

def _encode(data: str, name: str = "data") -> bytes: ...
def _strip_ipv6_iface(enc_name: bytes) -> bytes: ...
def _read_headers(fp: Any, max_headers: int | None = None) -> list[bytes]: ...
def _parse_header_lines(
    header_lines: Iterable[bytes], _class: type[HTTPMessage] = ...
) -> HTTPMessage: ...
def _create_https_context(http_version: int) -> ssl.SSLContext: ...

CONTINUE: Literal[HTTPStatus.CONTINUE]
SWITCHING_PROTOCOLS: Literal[HTTPStatus.SWITCHING_PROTOCOLS]
PROCESSING: Literal[HTTPStatus.PROCESSING]
EARLY_HINTS: Literal[HTTPStatus.EARLY_HINTS]
OK: Literal[HTTPStatus.OK]
CREATED: Literal[HTTPStatus.CREATED]
ACCEPTED: Literal[HTTPStatus.ACCEPTED]
NON_AUTHORITATIVE_INFORMATION: Literal[HTTPStatus.NON_AUTHORITATIVE_INFORMATION]
NO_CONTENT: Literal[HTTPStatus.NO_CONTENT]
RESET_CONTENT: Literal[HTTPStatus.RESET_CONTENT]
PARTIAL_CONTENT: Literal[HTTPStatus.PARTIAL_CONTENT]
MULTI_STATUS: Literal[HTTPStatus.MULTI_STATUS]
ALREADY_REPORTED: Literal[HTTPStatus.ALREADY_REPORTED]
IM_USED: Literal[HTTPStatus.IM_USED]
MULTIPLE_CHOICES: Literal[HTTPStatus.MULTIPLE_CHOICES]
MOVED_PERMANENTLY: Literal[HTTPStatus.MOVED_PERMANENTLY]
FOUND: Literal[HTTPStatus.FOUND]
SEE_OTHER: Literal[HTTPStatus.SEE_OTHER]
NOT_MODIFIED: Literal[HTTPStatus.NOT_MODIFIED]
USE_PROXY: Literal[HTTPStatus.USE_PROXY]
TEMPORARY_REDIRECT: Literal[HTTPStatus.TEMPORARY_REDIRECT]
PERMANENT_REDIRECT: Literal[HTTPStatus.PERMANENT_REDIRECT]
BAD_REQUEST: Literal[HTTPStatus.BAD_REQUEST]
UNAUTHORIZED: Literal[HTTPStatus.UNAUTHORIZED]
PAYMENT_REQUIRED: Literal[HTTPStatus.PAYMENT_REQUIRED]
FORBIDDEN: Literal[HTTPStatus.FORBIDDEN]
NOT_FOUND: Literal[HTTPStatus.NOT_FOUND]
METHOD_NOT_ALLOWED: Literal[HTTPStatus.METHOD_NOT_ALLOWED]
NOT_ACCEPTABLE: Literal[HTTPStatus.NOT_ACCEPTABLE]
PROXY_AUTHENTICATION_REQUIRED: Literal[HTTPStatus.PROXY_AUTHENTICATION_REQUIRED]
REQUEST_TIMEOUT: Literal[HTTPStatus.REQUEST_TIMEOUT]
CONFLICT: Literal[HTTPStatus.CONFLICT]
GONE: Literal[HTTPStatus.GONE]
LENGTH_REQUIRED: Literal[HTTPStatus.LENGTH_REQUIRED]
PRECONDITION_FAILED: Literal[HTTPStatus.PRECONDITION_FAILED]
REQUEST_ENTITY_TOO_LARGE: Literal[HTTPStatus.REQUEST_ENTITY_TOO_LARGE]
REQUEST_URI_TOO_LONG: Literal[HTTPStatus.REQUEST_URI_TOO_LONG]
UNSUPPORTED_MEDIA_TYPE: Literal[HTTPStatus.UNSUPPORTED_MEDIA_TYPE]
REQUESTED_RANGE_NOT_SATISFIABLE: Literal[HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE]
EXPECTATION_FAILED: Literal[HTTPStatus.EXPECTATION_FAILED]
IM_A_TEAPOT: Literal[HTTPStatus.IM_A_TEAPOT]
MISDIRECTED_REQUEST: Literal[HTTPStatus.MISDIRECTED_REQUEST]
UNPROCESSABLE_ENTITY: Literal[HTTPStatus.UNPROCESSABLE_ENTITY]
LOCKED: Literal[HTTPStatus.LOCKED]
FAILED_DEPENDENCY: Literal[HTTPStatus.FAILED_DEPENDENCY]
TOO_EARLY: Literal[HTTPStatus.TOO_EARLY]
UPGRADE_REQUIRED: Literal[HTTPStatus.UPGRADE_REQUIRED]
PRECONDITION_REQUIRED: Literal[HTTPStatus.PRECONDITION_REQUIRED]
TOO_MANY_REQUESTS: Literal[HTTPStatus.TOO_MANY_REQUESTS]
REQUEST_HEADER_FIELDS_TOO_LARGE: Literal[HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE]
UNAVAILABLE_FOR_LEGAL_REASONS: Literal[HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS]
INTERNAL_SERVER_ERROR: Literal[HTTPStatus.INTERNAL_SERVER_ERROR]
NOT_IMPLEMENTED: Literal[HTTPStatus.NOT_IMPLEMENTED]
BAD_GATEWAY: Literal[HTTPStatus.BAD_GATEWAY]
SERVICE_UNAVAILABLE: Literal[HTTPStatus.SERVICE_UNAVAILABLE]
GATEWAY_TIMEOUT: Literal[HTTPStatus.GATEWAY_TIMEOUT]
HTTP_VERSION_NOT_SUPPORTED: Literal[HTTPStatus.HTTP_VERSION_NOT_SUPPORTED]
VARIANT_ALSO_NEGOTIATES: Literal[HTTPStatus.VARIANT_ALSO_NEGOTIATES]
INSUFFICIENT_STORAGE: Literal[HTTPStatus.INSUFFICIENT_STORAGE]
LOOP_DETECTED: Literal[HTTPStatus.LOOP_DETECTED]
NOT_EXTENDED: Literal[HTTPStatus.NOT_EXTENDED]
NETWORK_AUTHENTICATION_REQUIRED: Literal[HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED]

# The names that RFC 9110 gave to four of them. Here they are on all Pythons, as the older ones.
CONTENT_TOO_LARGE: Literal[HTTPStatus.REQUEST_ENTITY_TOO_LARGE]
URI_TOO_LONG: Literal[HTTPStatus.REQUEST_URI_TOO_LONG]
RANGE_NOT_SATISFIABLE: Literal[HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE]
UNPROCESSABLE_CONTENT: Literal[HTTPStatus.UNPROCESSABLE_ENTITY]
