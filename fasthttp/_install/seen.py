"""The functions of `http.client` that fasthttp was made and tested for, by fingerprint.

Each place with all its forms in CPython 3.10 to 3.15.2 and PyPy 3.11, that of 3.15.2 last;
known.py says what a fingerprint is. A form that is not here is left alone, so a new one is added
when, and only when, the fast way that stands for it has been compared with it.
"""

from __future__ import annotations

SEEN: dict[str, tuple[str, ...]] = {
    "_create_https_context": ("c166e2d07546cf5e",),
    "_encode": ("80769e3b24d7614f",),
    "_parse_header_lines": ("e7991e432f35ff07", "3318c6efaf9ca40b"),
    "_read_headers": ("c150f699cabff641", "f360c491aa7d99fd"),
    "_strip_ipv6_iface": ("fb981199ac9e5a9f",),
    "parse_headers": (
        "a776508df4981314",
        "aaa5a6639eda6e92",
        "96eca54331a6a43b",
        "c9fd4c86b1e07274",
    ),
    "HTTPConnection.__init__": ("2f74e29328c1154e", "fbeb19cd9366626f", "4a7f0f1ab77593f2"),
    "HTTPConnection._encode_request": ("018764c9cd21f16f",),
    "HTTPConnection._get_content_length": ("a6c29b8bdb2e4d5c", "a43366683bd1c872"),
    "HTTPConnection._get_hostport": ("0139588e63f2dfee", "058abea5fb8b03b8"),
    "HTTPConnection._output": ("006cf985b94d6f41",),
    "HTTPConnection._send_output": ("9d5a0262719ecdd7", "6725a40c871e7089"),
    "HTTPConnection._send_request": ("3c597078ea415295",),
    "HTTPConnection._tunnel": (
        "00218fab3580fd97",
        "80f19b3ec11507b7",
        "1411d3431241feb0",
        "6583b30afee0b203",
        "2f8422767c6aa13b",
        "ca68116e864bc745",
        "90f4c141037efd04",
    ),
    "HTTPConnection._validate_method": ("e3c09799a22665f8",),
    "HTTPConnection._validate_path": ("37a95a44907852b0",),
    "HTTPConnection._wrap_ipv6": ("df19cbc85c3ef585",),
    "HTTPConnection.endheaders": ("fe1a488710d182bb",),
    "HTTPConnection.get_proxy_response_headers": ("af2e41d3a99fc28c",),
    "HTTPConnection.getresponse": ("00a1586d3f687185", "6782e72ad08980fc"),
    "HTTPConnection.putheader": ("44019b2db6f4f6c7",),
    "HTTPConnection.putrequest": (
        "4057fca952b7e60f",
        "4824f67777e218dc",
        "dde88663d8ccd8f1",
        "4b14b3b25d2b0601",
    ),
    "HTTPConnection.send": (
        "643e3d5ecb55baac",
        "31464ef77ec804c4",
        "a5a584bb421f7727",
        "c2a89e0671295188",
    ),
    "HTTPConnection.set_tunnel": ("8adfa3eb7b7dfc9f", "ce4e68c2ed0f0c82"),
    "HTTPResponse.__init__": ("be2dd13567a4a06e", "8ca372ed83dd0ac6"),
    "HTTPResponse._check_close": ("e5c949b43c9f160b",),
    "HTTPResponse._close_conn": ("b7cee59e0687fe82",),
    "HTTPResponse._get_chunk_left": ("45eea13a4a9bf139",),
    "HTTPResponse._read_and_discard_trailer": (
        "346ae321673838c4",
        "0185e7d76c6c9318",
        "247ee83057b52552",
    ),
    "HTTPResponse._read_chunked": (
        "e7abb42c699a8b51",
        "1c45129162c56306",
        "561bd3a3adbb30b2",
        "a7e432695ef3e1c6",
    ),
    "HTTPResponse._read_next_chunk_size": ("302046e4f8c47053",),
    "HTTPResponse._read_status": ("d4293f86674e4fb5",),
    "HTTPResponse._safe_read": ("daef5419a0aa9fc0", "e01150218e1285cb"),
    "HTTPResponse.begin": ("583c1dc802c1650c", "903b429319d51094", "091b02ba75cf7d98"),
    "HTTPResponse.close": ("f591ecd380f77cff",),
    "HTTPResponse.flush": ("c0e9412b7cde5b34",),
    "HTTPResponse.getheader": ("144503b1dc7e4a58",),
    "HTTPResponse.isclosed": ("8d8faed3950cbb5c",),
    "HTTPResponse.read": ("d01f7ede2a5389e9", "ec3ff2c90d97e565", "68cadf03b51126ee"),
    "HTTPResponse.read1": ("eb3d98a069e76c1e", "b7ca04139426ac6f"),
    "HTTPResponse.readline": ("059c7569623d74b3", "3aa50e006137e78e"),
    "HTTPSConnection.__init__": ("5da7f82aef8cf834", "e7fcb64bd2537daf", "6776cdf25022b6f3"),
}
