"""All that exists twice: chosen once, and for all of it, between C and Python.

This is the project's only conditional import. `FASTHTTP_EXTENSION` is read when the package is
built and again here: `1` must have the compiled modules, `0` must not use them, unset (or empty)
tries them; anything else is an error.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing typing would take longer than all of this package

__all__ = [
    "ASIDE",
    "Exchanges",
    "Files",
    "Head",
    "Lent",
    "Limits",
    "Pristine",
    "Requests",
    "Responses",
    "SocketFile",
    "Unchanged",
    "decode_chunks",
    "encode_field",
    "encode_head",
    "find_values",
    "has_input",
    "implementation",
    "parse_fields",
    "parse_head",
    "reason",
]

_wanted = os.environ.get("FASTHTTP_EXTENSION", "")
if _wanted not in ("", "0", "1"):
    raise ImportError(f"FASTHTTP_EXTENSION must be 0, 1 or unset, not {_wanted!r}")

#: "c" or "py".
implementation: str
#: Why the compiled modules are not in use; None where they are.
reason: str | None

if TYPE_CHECKING:
    # The Python twins are the contract for both.
    from ._codec.chunks_py import decode_chunks
    from ._codec.headers_py import Head, find_values, parse_fields, parse_head
    from ._codec.request_py import encode_field, encode_head
    from ._guard.guard_py import Limits, Pristine, Unchanged
    from ._stream.stream_py import SocketFile, has_input
    from ._usual.files_c import Files
    from ._usual.installed_c import ASIDE, Lent
    from ._usual.pool_c import Exchanges
    from ._usual.usual_c import Requests, Responses
else:
    try:
        if _wanted == "0":
            raise ImportError("FASTHTTP_EXTENSION=0 asks for Python")
        from ._codec.chunks_c import decode_chunks
        from ._codec.headers_c import Head, find_values, parse_fields, parse_head
        from ._codec.request_c import encode_field, encode_head
        from ._guard.guard_c import Limits, Pristine, Unchanged
        from ._stream.stream_c import SocketFile, has_input
        from ._usual.files_c import Files
        from ._usual.installed_c import ASIDE, Lent
        from ._usual.pool_c import Exchanges
        from ._usual.usual_c import Requests, Responses

        implementation, reason = "c", None
    except ImportError as error:
        if _wanted == "1":
            raise ImportError(
                f"FASTHTTP_EXTENSION=1 asks for the compiled modules: {error}; unset it, or install"
                " fasthttp again with it set, which needs a C compiler"
            ) from error
        from ._codec.chunks_py import decode_chunks
        from ._codec.headers_py import Head, find_values, parse_fields, parse_head
        from ._codec.request_py import encode_field, encode_head
        from ._guard.guard_py import Limits, Pristine, Unchanged
        from ._stream.stream_py import SocketFile, has_input

        Exchanges = Files = Lent = Requests = Responses = None  # which would save nothing
        ASIDE = object()
        implementation, reason = "py", str(error)
