"""Charsets: the order in which they are looked for, WHATWG's labels, tables and prescan."""

from __future__ import annotations

import time
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fasthttp._web import charsets
from fasthttp._web.charsets import charset_of, name_of, text_of

from ..drawn import examples
from .prescan import prescan

_CYRILLIC = "Привет".encode("cp1251")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("iso-8859-1", "windows-1252"),
        ("ascii", "windows-1252"),
        ("US-ASCII", "windows-1252"),
        ("latin1", "windows-1252"),
        ("utf8", "utf-8"),
        (" \t\n\f\rUTF-8 ", "utf-8"),
        ("unicode-1-1-utf-8", "utf-8"),
        ("gb2312", "gbk"),
        ("x-sjis", "shift_jis"),
        ("windows-31j", "shift_jis"),
        ("ks_c_5601-1987", "euc-kr"),
        ("big5-hkscs", "big5"),
        ("iso-8859-9", "windows-1254"),
        ("iso-8859-11", "windows-874"),
        ("tis-620", "windows-874"),
        ("logical", "iso-8859-8-i"),
        ("visual", "iso-8859-8"),
        ("koi8-ru", "koi8-u"),
        ("x-mac-ukrainian", "x-mac-cyrillic"),
        ("mac", "macintosh"),
        ("utf-16", "utf-16le"),
        ("unicodefffe", "utf-16be"),
        ("hz-gb-2312", "replacement"),
        ("iso-2022-kr", "replacement"),
        ("x-user-defined", "x-user-defined"),
        ("utf-7", None),
        ("utf-32", None),
        ("rot13", None),
        ("cp037", None),
        ("hex", None),
        ("", None),
        ("\x0butf-8", None),
        ("utf-8\0", None),
        ("\N{KELVIN SIGN}oi8-r", None),
    ],
)
def test_labels_mean_what_they_mean_in_browsers(label: str, name: str | None) -> None:
    assert name_of(label) == name


def test_the_table_is_whatwgs() -> None:
    labels = charsets._labels()
    assert len(labels) == 228
    assert len(set(labels.values())) == 40
    assert all(label == label.lower() for label in labels)
    assert all(labels[name] == name for name in labels.values())


@pytest.mark.parametrize("name", sorted(set(charsets._labels().values())))
def test_every_charset_decodes_anything(name: str) -> None:
    everything = bytes(range(256)) * 3 + b"\x1b$B\x1b(I\xa1\x8f"
    assert isinstance(text_of(f"text/plain; charset={name}", everything), str)
    assert text_of(f"text/plain; charset={name}", b"") == ""


def test_single_byte_tables_are_whatwgs() -> None:
    """The upper halves of all, of which the sum is that of WHATWG's index files."""
    names = sorted(
        {*charsets._labels().values()}
        - charsets._MULTIPLE
        - {"replacement", "x-user-defined", "iso-8859-8-i"}
    )
    assert len(names) == 27
    tables = "".join(charsets._table(name) for name in names)
    assert zlib.crc32(tables.encode()) == 0xF0A23981


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("windows-1252", b"\x80\x81\x8d\x8f\x90\x9d\xff", "\u20ac\x81\x8d\x8f\x90\x9d\xff"),
        ("windows-1253", b"\x81\xaa\xd2\xff", "\x81\ufffd\ufffd\ufffd"),
        ("windows-1255", b"\xca", "\u05ba"),
        ("windows-874", b"\x81\xdb\xa1", "\x81\ufffd\u0e01"),
        ("koi8-u", b"\xae\xbe\xa4", "\u045e\u040e\u0454"),
        ("macintosh", b"\xdb", "\u20ac"),
        ("x-mac-cyrillic", b"\xa2\xff", "\u0490\u20ac"),
        ("x-user-defined", b"a\x7f\x80\xff", "a\x7f\uf780\uf7ff"),
        ("iso-8859-8-i", b"\xe0\xa1", "\u05d0\ufffd"),
        ("replacement", b"abc", "\ufffd"),
        ("gbk", "中文\U0001f600".encode("gb18030"), "中文\U0001f600"),
        ("shift_jis", b"\x87\x40\x81\x60", "\u2460\uff5e"),
        ("euc-kr", b"\x81\x41", "\uac02"),
        ("big5", b"\x87\x40", "\u43f0"),
        ("euc-jp", b"\xa4\xa2\x8e\xb1\x8f\xb0\xa1", "\u3042\uff71\u4e02"),
        ("iso-2022-jp", b'\x1b$B$"\x1b(Ba', "\u3042a"),
        ("utf-16be", b"\0a\xd8\0", "a\ufffd"),
        ("utf-16", b"a\0b", "a\ufffd"),
        ("utf-8", b"a\xf0\x90\x80z\xed\xa0\x80", "a\ufffdz\ufffd\ufffd\ufffd"),
    ],
)
def test_bytes_decode_as_whatwg_has_it(name: str, body: bytes, text: str) -> None:
    assert text_of(f"text/html;charset={name}", body) == text


@pytest.mark.parametrize("kind", ["text/html; charset=koi8-r", "image/png", None])
@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"\xef\xbb\xbf<meta charset=gbk>\xe2\x82\xac", "utf-8"),
        (b"\xff\xfea\0", "utf-16le"),
        (b"\xfe\xff\0a", "utf-16be"),
        (b"\xff\xfe\0\0", "utf-16le"),
    ],
)
def test_a_byte_order_mark_is_heard_first_and_not_text(
    kind: str | None, body: bytes, name: str
) -> None:
    assert charset_of(kind, body) == name
    assert "\ufeff" not in text_of(kind, body)
    assert text_of(kind, body)


def test_only_one_mark_is_taken_off() -> None:
    assert text_of(None, b"\xef\xbb\xbf\xef\xbb\xbfa") == "\ufeffa"
    assert text_of("text/html; charset=gbk", b"a\xef\xbb\xbf") != "a"


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/html; charset=windows-1251", "windows-1251"),
        ('text/html;CHARSET="windows-1251"', "windows-1251"),
        ("text/html; charset='windows-1251'", "windows-1251"),
        ('text/html; charset="windows\\-1251"', "windows-1251"),
        ('text/html; charset="windows-1251', "windows-1251"),
        ("text/html ; charset = windows-1251 ; x=y", "windows-1251"),
        ("text/html;;;charset=windows-1251", "windows-1251"),
        ("charset=x; charset=windows-1251", "windows-1251"),
        ('text/html; a="; charset=gbk"; charset=windows-1251', "windows-1251"),
        ("text/html; charset=windows-1251; charset=gbk", "windows-1251"),
        ("text/html; charset=windows-1251, text/html", "windows-1251"),
        ("text/html; charset=utf-16", "utf-16le"),
        ("text/html; charset=nobody-knows", "koi8-r"),
        ("text/html; charset=", "koi8-r"),
        ('text/html; charset=""', "koi8-r"),
        ("text/html; xcharset=gbk", "koi8-r"),
        ("text/html, text/html", "koi8-r"),
        ("TEXT/HTML", "koi8-r"),
        ("application/xhtml+xml", "koi8-r"),
        ("", "koi8-r"),
        (None, "koi8-r"),
        ("text/plain", "windows-1252"),
        ("application/json", "windows-1252"),
        ("image/svg+xml", "windows-1252"),
    ],
)
def test_the_header_then_the_meta_of_html(content_type: str | None, name: str) -> None:
    assert charset_of(content_type, b"<meta charset=koi8-r>" + _CYRILLIC) == name


def test_utf8_where_it_is_else_windows_1252() -> None:
    assert charset_of("text/html", b"") == "utf-8"
    assert charset_of("text/html", b"abc") == "utf-8"
    assert charset_of("text/html", "é".encode()) == "utf-8"
    assert charset_of("text/html", b"caf\xe9") == "windows-1252"
    assert text_of(None, b"caf\xe9 \x80\x81") == "caf\xe9 \u20ac\x81"
    assert text_of("text/plain", "naïve".encode()) == "naïve"


_PRESCANNED = [
    (b"<meta charset=gbk>", "gbk"),
    (b"<META CHARSET='GB2312'>", "gbk"),
    (b'<meta charset = "gbk" >', "gbk"),
    (b"<meta/charset=gbk>", "gbk"),
    (b"<meta\x0ccharset\n=\tgbk/>", None),  # "gbk/" is the value
    (b"<meta charset=gbk />", "gbk"),
    (b"<meta charset=utf-16>", "utf-8"),
    (b"<meta charset=utf-16be>", "utf-8"),
    (b"<meta charset=x-user-defined>", "windows-1252"),
    (b"<meta charset=hz-gb-2312>", "replacement"),
    (b"<meta charset=nobody><meta charset=gbk>", "gbk"),
    (b"<meta charset=euc-kr charset=gbk>", "euc-kr"),
    (b"<meta name=charset content=gbk>", None),
    (b"<metax charset=gbk>", None),
    (b"<meta content='text/html; charset=gbk'>", None),
    (b"<meta http-equiv=refresh content='text/html; charset=gbk'>", None),
    (b"<meta http-equiv=Content-Type content='text/html; charset=gbk'>", "gbk"),
    (b"<meta content='text/html; charset=gbk' http-equiv='CONTENT-TYPE'>", "gbk"),
    (b"<meta http-equiv=content-type content='charset charset = gbk'>", "gbk"),
    (b"<meta http-equiv=content-type content='charset=\"gbk\"x'>", "gbk"),
    (b"<meta http-equiv=content-type content='charset=\"gbk'>", None),
    (b"<meta http-equiv=content-type content=\"a;charset='gbk' ;\">", "gbk"),
    (b"<meta http-equiv=content-type content='xcharset=gbk;x'>", "gbk"),
    (b"<meta http-equiv=content-type content='charset=utf-16'>", "utf-8"),
    (b"<meta charset=nobody http-equiv=content-type content='charset=gbk'>", None),
    (b"<meta http-equiv=content-type content='charset=koi8-r' charset=gbk>", "gbk"),
    (b"<!-- <meta charset=euc-kr> --><meta charset=gbk>", "gbk"),
    (b"<!--><meta charset=gbk>", "gbk"),
    (b"<!---><meta charset=gbk>", "gbk"),
    (b"<!-- <meta charset=gbk>", None),
    (b"<!doctype html><meta charset=gbk>", "gbk"),
    (b"<? <meta charset=euc-kr><meta charset=gbk>", "gbk"),
    (b"</ <meta charset=euc-kr><meta charset=gbk>", "gbk"),
    (b"<a title='<meta charset=euc-kr>'><meta charset=gbk>", "gbk"),
    (b'<a title="\'><meta charset=euc-kr>"><meta charset=gbk>', "gbk"),
    (b"</a title='<meta charset=euc-kr>'><meta charset=gbk>", "gbk"),
    (b"<a title='><meta charset=gbk>", None),
    (b"<a =><meta charset=gbk>", "gbk"),
    (b"<meta =charset=euc-kr charset=gbk>", "gbk"),
    (b"<meta charset><meta charset=gbk>", "gbk"),
    (b"<meta charset=><meta charset=gbk>", "gbk"),
    (b"< meta charset=euc-kr><1<<meta charset=gbk>", "gbk"),
    (b"<script>'<meta charset=gbk>'</script>", "gbk"),
    (b"<p\0><meta\0charset=euc-kr><meta charset=gbk>", "gbk"),
    (b"\0\0<meta charset=gbk>", "gbk"),
    (b"<meta charset=gbk", None),
    (b"<meta charset='gbk'", None),
    (b"<meta charset", None),
    (b"<meta", None),
    (b"<", None),
    (b"charset=gbk", None),
]


@pytest.mark.parametrize(("head", "name"), _PRESCANNED)
def test_prescan(head: bytes, name: str | None) -> None:
    assert prescan(head) == name
    assert charset_of("text/html", head) == (name or "utf-8")
    padded = head + b" " * 2000 + b"\xff" if name else head + b"\xff"
    assert charset_of("text/html", padded) == (name or "windows-1252")


def test_only_the_first_kib_is_looked_at() -> None:
    meta = b"<meta charset=gbk>"
    space = charsets.PRESCAN - len(meta)
    assert charset_of("text/html", b" " * space + meta) == "gbk"
    assert charset_of("text/html", b" " * (space + 1) + meta) == "utf-8"


@pytest.mark.parametrize(
    ("content_type", "body", "name"),
    [
        ("text/xml", b'<?xml version="1.0" encoding="gbk"?>', "gbk"),
        ("application/rss+xml", b"<?xml encoding = 'GBK' ?>", "gbk"),
        ("application/xhtml+xml", b'<?xml encoding="gbk"?><meta charset=koi8-r>', "gbk"),
        ("text/html", b'<?xml encoding="gbk"?><meta charset=koi8-r>', "koi8-r"),
        ("text/html", b'<?xml encoding="gbk"?>', "gbk"),
        ("text/plain", b'<?xml encoding="gbk"?>', "utf-8"),
        ("text/xml", b'<?xml encoding="utf-16"?>', "utf-8"),
        ("text/xml", b'<?xml encoding="gbk ?>', "utf-8"),
        ("text/xml", b'<?xml encoding=" gbk"?>', "utf-8"),
        ("text/xml", b'<?xml version="1.0"?><a encoding="gbk"/>', "utf-8"),
        ("text/xml", b'<?xml encoding="gbk"', "utf-8"),
        ("text/xml", b' <?xml encoding="gbk"?>', "utf-8"),
        ("text/xml", "<?xml ?>".encode("utf-16-le"), "utf-16le"),
        ("text/html", "<?xml ?>".encode("utf-16-be"), "utf-16be"),
        ("text/xml; charset=koi8-r", b'<?xml encoding="gbk"?>', "koi8-r"),
    ],
)
def test_xml_says_it_in_its_declaration(content_type: str, body: bytes, name: str) -> None:
    assert charset_of(content_type, body) == name


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html" + ";" * 60_000,
        "text/html; " + " " * 60_000,
        "text/html;" + "a" * 60_000,
        "text/html;" + ' ="' * 20_000,
        "text/html; charset=" + "\\" * 60_000,
        'text/html; charset="' + "\\" * 60_001,
        "; a = " * 10_000,
    ],
)
def test_a_hostile_content_type_costs_little(content_type: str) -> None:
    start = time.perf_counter()
    assert charset_of(content_type, b"") == "utf-8"
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "start", [b"<", b"<a ", b"<meta charset", b"<!--", b"<a b='", b"</", b"<meta charset=", b"<a/"]
)
@pytest.mark.parametrize("filling", [b"<", b" ", b"=", b"'", b"/", b"a", b"-", b"\0", b"<a "])
def test_a_hostile_head_costs_little(start: bytes, filling: bytes) -> None:
    start_time = time.perf_counter()
    charset_of("text/html", start + filling * 1024 + b"charset")
    charset_of("text/html", b"charset" + (start + filling) * 300)
    assert time.perf_counter() - start_time < 0.5


_PIECES = st.sampled_from(
    [
        *(b"<meta ", b"charset", b"=", b"gbk", b"utf-16", b">", b"'", b'"', b" ", b"/", b"<!--"),
        *(b"http-equiv=content-type ", b"content=", b"<a ", b"<?xml ", b"encoding=", b"\0"),
        *(b"\xef\xbb\xbf", b"\xff\xfe", b";", b"<", b"x-user-defined", b"-->", b"\xff"),
    ]
)


@examples(100)
@given(
    st.none() | st.text(max_size=40) | st.sampled_from(["text/html", "text/xml", "a;charset=mac"]),
    st.lists(_PIECES | st.binary(max_size=5), max_size=40).map(b"".join),
)
@example("text/html", b"<meta charset=\xff>")
def test_any_body_has_a_charset_and_a_text(content_type: str | None, body: bytes) -> None:
    assert charsets._from_metas(body[:1024]) == prescan(body[:1024])
    name = charset_of(content_type, body)
    assert name in charsets._labels().values()
    assert text_of(content_type, body) == charsets._decoded(name, body)


@given(st.text())
@examples(100)
def test_utf8_is_itself(text: str) -> None:
    body = text.encode("utf-8", "replace")
    assert text_of("text/plain; charset=utf-8", b"\xef\xbb\xbf" + body) == body.decode()
