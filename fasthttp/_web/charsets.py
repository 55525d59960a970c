"""Which charset a page is in, and its text: WHATWG's Encoding and HTML standards, as browsers do.

The order: a byte order mark, the Content-Type's charset, for XML its declaration, for HTML a
`<meta>` in the first KiB; then UTF-8 where the body is UTF-8 to its end, else windows-1252, which
has a character for every byte. A label that nobody knows counts as none.

Names are WHATWG's in lower case, and mean what they mean in browsers: iso-8859-1 is
windows-1252, gb2312 is gbk.
Python's codecs decode. In single-byte charsets all is WHATWG's; in others a few characters
differ or are U+FFFD: of NEC's and IBM's in euc-jp and iso-2022-jp, 200 in big5, 20 in gbk.
"""

from __future__ import annotations

import codecs
import re
from functools import cache, lru_cache

#: What a body is in that says nothing, and is not UTF-8.
FALLBACK = "windows-1252"
#: So much of a body is looked at for a declaration.
PRESCAN = 1024

#: https://encoding.spec.whatwg.org/#names-and-labels: name, Python's codec, other labels.
_TABLE = """
utf-8 utf-8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8
ibm866 cp866 866 cp866 csibm866
iso-8859-2 iso8859-2 csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
iso-8859-3 iso8859-3 csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
iso-8859-4 iso8859-4 csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
iso-8859-5 iso8859-5 csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso_8859-5 \
iso_8859-5:1988
iso-8859-6 iso8859-6 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 \
iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
iso-8859-7 iso8859-7 csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso8859-7 iso88597 \
iso_8859-7 iso_8859-7:1987 sun_eu_greek
iso-8859-8 iso8859-8 csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso8859-8 \
iso88598 iso_8859-8 iso_8859-8:1988 visual
iso-8859-8-i iso8859-8 csiso88598i logical
iso-8859-10 iso8859-10 csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso-8859-13 iso8859-13 iso8859-13 iso885913
iso-8859-14 iso8859-14 iso8859-14 iso885914
iso-8859-15 iso8859-15 csisolatin9 iso8859-15 iso885915 iso_8859-15 l9
iso-8859-16 iso8859-16
koi8-r koi8-r cskoi8r koi koi8 koi8_r
koi8-u koi8-u koi8-ru
macintosh mac-roman csmacintosh mac x-mac-roman
windows-874 cp874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620
windows-1250 cp1250 cp1250 x-cp1250
windows-1251 cp1251 cp1251 x-cp1251
windows-1252 cp1252 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 \
iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii x-cp1252
windows-1253 cp1253 cp1253 x-cp1253
windows-1254 cp1254 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 \
iso_8859-9:1989 l5 latin5 x-cp1254
windows-1255 cp1255 cp1255 x-cp1255
windows-1256 cp1256 cp1256 x-cp1256
windows-1257 cp1257 cp1257 x-cp1257
windows-1258 cp1258 cp1258 x-cp1258
x-mac-cyrillic mac-cyrillic x-mac-ukrainian
gbk gb18030 chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk
gb18030 gb18030
big5 big5hkscs big5-hkscs cn-big5 csbig5 x-x-big5
euc-jp euc-jp cseucpkdfmtjapanese x-euc-jp
iso-2022-jp iso2022-jp-ext csiso2022jp
shift_jis cp932 csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis
euc-kr cp949 cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 \
ksc_5601 windows-949
replacement - csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr
utf-16be utf-16-be unicodefffe
utf-16le utf-16-le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16
x-user-defined -
"""
#: Charsets that are no tables of single bytes.
_MULTIPLE = {
    *("utf-8", "gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr"),
    *("utf-16be", "utf-16le"),
}
#: Where WHATWG's tables have other characters than Python's.
_OTHERS = {"koi8-u": {0xAE: "\u045e", 0xBE: "\u040e"}, "windows-1255": {0xCA: "\u05ba"}}

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_ANY_BOM = tuple(bom for bom, _ in _BOMS)
_HTML = frozenset(("", "text/html", "application/xhtml+xml"))
_XML = frozenset(("text/xml", "application/xml"))
_SPACE = rb"[\t\n\f\r ]*"
_PARAMETER = re.compile(r';\s*([^=;\s]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*([^>\t\n\f\r /][^>=\t\n\f\r /]*)" + _SPACE + rb"(=?)" + _SPACE
)
_VALUE = re.compile(rb"""\"([^"]*)\"|'([^']*)'|((?!["'])[^>\t\n\f\r ]*)""")
_TAG_NAME = re.compile(rb"</?[a-z][^>\t\n\f\r ]*", re.IGNORECASE)
#: Text, and tags without quotes, which end at their first ">": most of a head, at once.
_PLAIN = re.compile(
    rb"(?:[^<]+|<(?!meta[\t\n\f\r /])(?:/?[a-z][^>\"']*|!doctype[^>]*)>)*", re.IGNORECASE
)
_META = re.compile(rb"<meta[\t\n\f\r /]", re.IGNORECASE)
_IN_CONTENT = re.compile(rb"charset" + _SPACE + b"=" + _SPACE, re.IGNORECASE)
_CONTENT_VALUE = re.compile(rb"""\"([^"]*)\"|'([^']*)'|((?!["'])[^\t\n\f\r ;]*)""")
_XML_ENCODING = re.compile(rb"encoding[\x00-\x20]*=[\x00-\x20]*(?:\"([^\"]*)\"|'([^']*)')")


def charset_of(content_type: str | None, body: bytes) -> str:
    """Return the WHATWG name, in lower case, of the charset that a body is in."""
    name = _declared(content_type, body)
    if name is not None:
        return name
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8"


def text_of(content_type: str | None, body: bytes) -> str:
    """Return a body's text, without its byte order mark. Bytes that are none of its charset become
    U+FFFD; nothing is raised.
    """
    name = _declared(content_type, body)
    if name is not None:
        return _decoded(name, body)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(FALLBACK, body)


def name_of(label: str) -> str | None:
    """Return the WHATWG name, in lower case, for a label; None for one that is not known."""
    return _labels().get(label.strip("\t\n\f\r ").lower()) if label.isascii() else None


@cache
def _labels() -> dict[str, str]:
    labels = {}
    for line in _TABLE.strip().splitlines():
        name, _, *others = line.split()
        labels.update(dict.fromkeys((name, *others), name))
    return labels


@cache
def _codecs() -> dict[str, str]:
    lines = (line.split() for line in _TABLE.strip().splitlines())
    return {name: codec for name, codec, *_ in lines}


def _declared(content_type: str | None, body: bytes) -> str | None:
    """Return the charset that is said to be a body's; None where nothing says it."""
    if body.startswith(_ANY_BOM):
        return next(name for bom, name in _BOMS if body.startswith(bom))
    kind, charset = _content_type(content_type or "")
    if charset is not None:
        return charset
    if kind in _XML or kind.endswith("+xml"):
        charset = _from_xml(body[:PRESCAN])
    if charset is None and kind in _HTML:
        charset = _from_html(body[:PRESCAN])
    return charset


@lru_cache(64)
def _content_type(value: str) -> tuple[str, str | None]:
    """Return the media type, in lower case, and the charset of a Content-Type."""
    charset = None
    for name, given in _PARAMETER.findall(value):
        if name.lower() == "charset":
            if given.startswith('"'):
                given = re.sub(r"\\(.)", r"\1", given.strip('"'), flags=re.DOTALL)
            # Some put it into quotes that are none to HTTP, or send two types in one field.
            charset = name_of(given.split(",")[0].strip().strip("'\""))
            break
    return value.partition(";")[0].partition(",")[0].strip().lower(), charset


def _from_html(head: bytes) -> str | None:
    """Prescan, as of HTML section 13.2.3.2: the first `<meta>` that declares a charset, else an XML
    declaration. Where the head ends within a tag or comment, that one declares nothing.
    """
    if head.startswith(b"<\0?\0x\0"):
        return "utf-16le"
    if head.startswith(b"\0<\0?\0x"):
        return "utf-16be"
    charset = _from_metas(head) if b"charset" in head.lower() else None
    return charset or _from_xml(head)


def _from_metas(head: bytes) -> str | None:
    end = -1
    while plain := _PLAIN.match(head, end + 1):
        at = plain.end()
        if head.startswith(b"<!--", at):
            end = head.find(b"-->", at + 2)
        elif meta := _META.match(head, at):
            attributes, end = _attributes(head, meta.end() - 1)
            charset = _from_meta(attributes) if end >= 0 else None
            if charset is not None:
                return charset
        elif name := _TAG_NAME.match(head, at):
            end = _attributes(head, name.end())[1]
        elif head.startswith((b"<!", b"</", b"<?"), at):
            end = head.find(b">", at)
        else:
            end = at if at < len(head) else -1
        if end < 0:
            break
    return None


def _attributes(head: bytes, at: int) -> tuple[dict[bytes, bytes], int]:
    """Return the attributes of a tag from `at` on, names in lower case, the first of each; and
    where its ">" is, -1 where the head ends before.
    """
    attributes: dict[bytes, bytes] = {}
    while found := _ATTRIBUTE.match(head, at):
        at = found.end()
        value = b""
        if found[2]:
            given = _VALUE.match(head, at)
            if given is None:
                return attributes, -1
            at = given.end()
            value = given[1] or given[2] or given[3] or b""
        attributes.setdefault(found[1].lower(), value)
    return attributes, head.find(b">", at)


def _from_meta(attributes: dict[bytes, bytes]) -> str | None:
    """Return the charset that the attributes of a `<meta>` declare."""
    if b"charset" in attributes:
        label = attributes[b"charset"]
    elif attributes.get(b"http-equiv", b"").lower() == b"content-type":
        label = _from_content(attributes.get(b"content", b""))
    else:
        return None
    name = _name_of_bytes(label)
    # What could be read as ASCII is in neither of them.
    if name in ("utf-16be", "utf-16le"):
        return "utf-8"
    return "windows-1252" if name == "x-user-defined" else name


def _from_content(content: bytes) -> bytes:
    """HTML section 2.5.7: the label in a `content`, empty where there is none."""
    start = _IN_CONTENT.search(content)
    found = _CONTENT_VALUE.match(content, start.end()) if start else None
    return (found[1] or found[2] or found[3] or b"") if found else b""


def _from_xml(head: bytes) -> str | None:
    """HTML section 13.2.3.2, "get an XML encoding"; before that, UTF-16 without a mark."""
    if head.startswith(b"<\0?\0x\0"):
        return "utf-16le"
    if head.startswith(b"\0<\0?\0x"):
        return "utf-16be"
    if not head.startswith(b"<?xml"):
        return None
    found = _XML_ENCODING.search(head, 5, max(head.find(b">"), 0))
    label = (found[1] or found[2] or b"") if found else b""
    if any(byte <= 0x20 for byte in label):
        return None
    name = _name_of_bytes(label)
    return "utf-8" if name in ("utf-16be", "utf-16le") else name


def _name_of_bytes(label: bytes) -> str | None:
    return name_of(label.decode("latin-1"))


def _decoded(name: str, body: bytes) -> str:
    if body.startswith(_ANY_BOM):
        for bom, whose in _BOMS:
            if whose == name and body.startswith(bom):
                body = body[len(bom) :]
                break
    if name in _MULTIPLE:
        return body.decode(_codecs()[name], "replace")
    if name == "replacement":
        # Charsets that hide markup from a filter: section 4.3 of the Encoding standard.
        return "\ufffd" if body else ""
    return codecs.charmap_decode(body, "replace", _table(name))[0]


@cache
def _table(name: str) -> str:
    """Return the 256 characters of a single-byte charset. Of bytes that have none, 0x80 to 0x9F are
    the controls of the same number in WHATWG's tables for Windows, and others U+FFFD.
    """
    if name == "x-user-defined":
        return "".join(map(chr, (*range(0x80), *range(0xF780, 0xF800))))
    characters = []
    for byte in range(256):
        character = bytes([byte]).decode(_codecs()[name], "replace")
        if character == "\ufffd" and 0x80 <= byte < 0xA0:
            character = chr(byte)
        characters.append(_OTHERS.get(name, {}).get(byte, character))
    return "".join(characters)
