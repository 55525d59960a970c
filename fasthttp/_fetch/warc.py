"""An archive in the format WARC 1.1 (ISO 28500), by the package `warcio`.

Each page is a request and a response, with those it was redirected from; a metadata record behind
them names the URL that was given, and says that it is done or why it failed.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Collection, Iterator
from datetime import datetime, timezone
from http.client import InvalidURL
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from .._pool import Page, wire
from .._version import __version__
from .._web import urls
from .appending import AppendedFile
from .arguments import UsageError
from .outputs import FileSink, Output
from .record import Result, error_of

__all__ = ["WarcOutput", "members"]

_PIECE = 1 << 16
#: How much of a record is looked at: a metadata record is shorter.
_SHOWN = 1 << 16
_KEPT = "%/:=&?~#+!$,;'@()*[]"
_SECRET = frozenset(("authorization", "cookie", "proxy-authorization"))
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_GIVEN = b"fasthttp-url"
_FAILED = b"fasthttp-error"


def members(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield, for each gzip member that is whole, where it ends, and the first bytes in it.

    Raises `zlib.error` for what is no gzip.
    """
    end = 0
    rest = b""
    while rest := rest or file.read(_PIECE):
        inflater = zlib.decompressobj(wbits=31)
        begin = b""
        while not inflater.eof:
            if not rest and not (rest := file.read(_PIECE)):
                return
            piece = inflater.decompress(rest, _PIECE)
            begin += piece[: _SHOWN - len(begin)]
            left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            end += len(rest) - len(left)
            rest = left
        yield end, begin


def _fields_of(block: bytes) -> dict[bytes, bytes]:
    parted = (line.partition(b":") for line in block.split(b"\r\n"))
    return {name.lower(): value.strip() for name, colon, value in parted if colon}


class WarcOutput(Output):
    """Records are appended, those of a page with one write. Raises `UsageError`.

    Opening it takes off what a kill left of a record; whole records stay, and are written again
    where the last one of their page is missing.
    """

    is_raw = True

    def __init__(self, path: Path, headers: dict[str, str], again: Collection[int] = ()) -> None:
        try:
            self._writer: Any = import_module("warcio.warcwriter")
            self._http: Any = import_module("warcio.statusandheaders")
        except ImportError as error:
            raise UsageError(
                "an archive needs the package warcio: python -m pip install warcio"
            ) from error
        self._headers = headers
        self.answered: set[str] = set()
        #: Statuses of answers that do not count as such, and that of the last response so far.
        self._again = frozenset(b"%d" % status for status in again)
        self._status = b""
        self._is_empty = True
        self._file = AppendedFile(path, self._read)
        if self._is_empty:
            self._file.write(self._info(path.name))

    def _read(self, path: Path) -> int:
        end = 0
        try:
            with open(path, "rb") as file:
                for end, begin in members(file):  # noqa: B007 - it is where the last one ends
                    if not begin.startswith(b"WARC/1."):
                        raise zlib.error("no record of an archive")
                    self._learn(begin)
        except zlib.error as error:
            raise UsageError(
                f"{path} is no archive of this command ({error}): give another file with -o"
            ) from error
        self._is_empty = not end
        return end

    def _learn(self, record: bytes) -> None:
        head, _, block = record.partition(b"\r\n\r\n")
        kind = _fields_of(head).get(b"warc-type")
        if kind == b"response":  # of a page that led to the next one, or to the metadata
            self._status = block[9:12]
        if kind != b"metadata":
            return
        said = _fields_of(block)
        if _GIVEN in said:
            url = said[_GIVEN].decode("utf-8", "surrogateescape")
            if _FAILED in said or self._status in self._again:
                self.answered.discard(url)
            else:
                self.answered.add(url)

    def add(self, result: Result, sink: FileSink | None = None) -> None:
        """Append the records of a result. Raises `OSError`."""
        out = BytesIO()
        if result.page is not None:
            at = datetime.fromtimestamp(time.time() - result.page.elapsed, timezone.utc)
            date = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            for page in (*result.page.history, result.page):
                if page.status is not None and page.error is None:
                    self._put_page(out, page, date)
        self._put_metadata(out, result)
        self._file.write(out.getvalue())

    def _info(self, name: str) -> bytes:
        out = BytesIO()
        writer = self._maker(out)
        said = {
            "software": f"fasthttp/{__version__}",
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/"
            "warc-1.1/",
        }
        writer.write_record(writer.create_warcinfo_record(name, said))
        return out.getvalue()

    def _maker(self, out: BytesIO) -> Any:
        return self._writer.WARCWriter(out, gzip=True, warc_version="1.1")

    def _put_page(self, out: BytesIO, page: Page, date: str) -> None:
        writer = self._maker(out)
        url = _uri_of(page.url)
        status = f"{page.status} {page.reason or ''}".rstrip()
        protocol = "HTTP/1.0" if page.version == 10 else "HTTP/1.1"
        response = writer.create_warc_record(
            url,
            "response",
            payload=BytesIO(page.body),
            length=len(page.body),
            http_headers=self._http.StatusAndHeaders(status, _archived(page), protocol),
            warc_headers_dict={"WARC-Date": date},
        )
        line, fields = self._sent(page)
        request = writer.create_warc_record(
            url,
            "request",
            payload=BytesIO(),
            length=0,
            http_headers=self._http.StatusAndHeaders(line, fields, is_http_request=True),
            warc_headers_dict={"WARC-Date": date},
        )
        writer.write_request_response_pair(request, response)

    def _sent(self, page: Page) -> tuple[str, list[tuple[str, str]]]:
        """Return the request line and the fields that were sent. Credentials and cookies are left
        out: archives are passed on.
        """
        url = urls.parse(page.url)
        head, _ = wire.encode(wire.host_of(url), "GET", url.target, self._headers, None)
        line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        parted = (each.partition(":") for each in lines)
        fields = [(name, value.strip()) for name, _, value in parted]
        return line, [field for field in fields if field[0].lower() not in _SECRET]

    def _put_metadata(self, out: BytesIO, result: Result) -> None:
        page = result.page
        said = {_GIVEN: _value(result.url)}
        if page is not None:
            said[b"fetchTimeMs"] = b"%d" % (page.elapsed * 1000)
            said[b"fasthttp-final-url"] = _value(page.url)
        error = error_of(result.error)
        if error is not None:
            said[_FAILED] = _value(" ".join(error.split()))
        block = b"".join(b"%b: %b\r\n" % field for field in said.items())
        writer = self._maker(out)
        record = writer.create_warc_record(
            _uri_of(result.url),
            "metadata",
            payload=BytesIO(block),
            length=len(block),
            warc_content_type="application/warc-fields",
        )
        writer.write_record(record)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _value(text: str) -> bytes:
    """Return a text that stays in its line."""
    data = text.encode("utf-8", "surrogateescape")
    return _CONTROL.sub(lambda found: b"%%%02X" % found[0][0], data)


def _uri_of(url: str) -> str:
    """Return a URL as it may stand in an archive: quoted, without credentials and fragment."""
    try:
        found = urls.parse(url)
    except (InvalidURL, TypeError):
        return quote(url, safe=_KEPT, errors="backslashreplace")
    return found.origin + found.target


def _archived(page: Page) -> list[tuple[str, str]]:
    """Return the fields of an answer. Its chunks are gone, so the field that tells of them has
    another name, as in the archives of other crawlers.
    """
    fields = []
    for name, value in page.raw_headers:
        text = name.decode("latin-1")
        if text.lower() == "transfer-encoding":
            text = "X-Archive-Orig-Transfer-Encoding"
            fields.append(("Content-Length", str(len(page.body))))
        fields.append((text, value.decode("latin-1")))
    return fields
