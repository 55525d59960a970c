"""The functions of `http.client` that fasthttp was made and tested for, by fingerprint.

Each place with all its forms in CPython 3.10 to 3.15.2 and PyPy 3.11; known.py says what a
fingerprint is. A form that is not here is left alone, so a new one is added when, and only when,
the fast way that stands for it has been compared with it.
"""

from __future__ import annotations

SEEN: dict[str, tuple[str, ...]] = {
    "parse_headers": (
        "9d27a486bc3e76c5",
        "c3e11b325c2a5bf2",
        "a862a2711d7ffaaa",
        "603af6624a907a00",
    ),
    "_read_headers": ("ff284c72a8a5c27b", "94662913d8253bb5"),
    "_parse_header_lines": ("ed6ef523f6d5e6e0", "d1d48edfb7f6af56"),
    "_encode": ("696cd268f77d79af",),
    "_strip_ipv6_iface": ("61e38f37ea55cdb0",),
    "HTTPConnection._encode_request": ("0c9f7fe0239c6f2a",),
    "HTTPConnection._get_content_length": ("faefd763892bddd1", "43e76bd7d49ab6df"),
    "HTTPConnection._output": ("038da4eae99f1d28",),
    "HTTPConnection._send_output": ("d8aecaa87d0665ff", "07732d0cea64dddd"),
    "HTTPConnection._send_request": ("c5132217d8cc91dc",),
    "HTTPConnection._validate_method": ("ab69b79c5f6d585b",),
    "HTTPConnection._validate_path": ("87da02950d7a7004",),
    "HTTPConnection._wrap_ipv6": ("a4d8f5b8be5dabf7",),
    "HTTPConnection.endheaders": ("4da68d078a34612f",),
    "HTTPConnection.putheader": ("e1ee71dc6af1af1f",),
    "HTTPConnection.putrequest": (
        "4a8de715e445fe12",
        "add4dd4e41378157",
        "df1c2458ab6a9637",
        "d18a28a1c825777d",
    ),
    "HTTPConnection.send": (
        "516dbbdcdf199bd0",
        "4ec50568861db82b",
        "d0571efabe978cda",
        "8987ecb007bba500",
    ),
    "HTTPResponse._check_close": ("5871348b13309fd1",),
    "HTTPResponse._get_chunk_left": ("f24f5a22c399118e",),
    "HTTPResponse._read_chunked": (
        "2c65b347226ceca6",
        "4c46cd6759532504",
        "a82e3b7b68988d05",
        "ae79c3ccb853356a",
    ),
    "HTTPResponse._read_next_chunk_size": ("8ac9775ab5775853",),
    "HTTPResponse._read_status": ("d08382202be86823",),
    "HTTPResponse._safe_read": ("e0e2e021dd869de3", "8df3e479d1a8f268"),
    "HTTPResponse.begin": ("587b4e1c4657f63c", "a9ffb49dfeca8c1b", "5e00d66a8b186ea1"),
    "HTTPResponse.getheader": ("1fd1d16fb43abb35",),
}
