"""What users of some libraries write by hand; its lines are counted for each that uses it."""

import codecs
import random
import re
import time
from email.utils import parsedate_to_datetime

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_LABEL = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.ASCII | re.IGNORECASE)
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030"}


def text_of(content_type: str, body: bytes) -> str:
    """Return the text as a browser decodes it: by BOM, header, meta, as UTF-8."""
    for bom, name in _BOMS.items():
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    for place in (content_type, body[:1024].decode("latin-1")):
        if found := _LABEL.search(place):
            try:
                name = codecs.lookup(found[1]).name
            except LookupError:
                continue
            return body.decode(_MEANT.get(name, name), "replace")
    return body.decode("utf-8", "replace")


def pause_before_retry(retry_after: str | None, tries: int) -> float:
    """Return the seconds to wait, by the server's wish or with a growing pause."""
    if retry_after is None:
        return 0.1 * 2**tries * random.uniform(0.5, 1)
    if retry_after.isdecimal():
        return float(retry_after)
    return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
