"""Why a fast way steps aside: what it returns then. Where it was taken, it returns None.

Each is a text of `stats()`. One with {} comes in a pair with what it is about; making words of that
is left to `_counting`, which does it only while somebody counts. The codec has a few of its own, in
`_codec/refusals.py`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    Reason = str | tuple[str, Any]

#: There was nothing to be done, by any way.
NOTHING = ""

DEBUG = "debuglevel is set"
#: A guard of methods that has said no, and the instance.
METHODS = "{} has been put in the place of a method"
#: A guard of functions: of fasthttp's own, which looks in two modules; of install()'s.
FUNCTIONS = "{} has been replaced"
LENT_FUNCTIONS = "http.client.{} has been replaced"

# ------------------------------------------------------------------- requests

BODY = "a body that is no bytes or str: {}"
BODY_NOT_LATIN = "a body that is not ISO-8859-1"
VERSION = "_http_vsn is not 11"
LINES = "_buffer is a {}"
UNUSUAL_REQUEST = "a request while another was being written, or one that is refused"
#: A socket for which head and body were sent one by one.
SOCKET = "a socket that is not exactly the stdlib's: {}"

# As install() has them.
HOST = "a host that is no name or IPv4 address in ASCII, or a port that is no int"
STARTED = "a request that was under way"
NOT_STARTED = "no request that was under way"
SEVERAL_VALUES = "a field of several values"
BODY_IN_CHUNKS = "a body that is sent in chunks"
BODY_OF_OUTPUT = "a body that is no bytes: {}"

# ------------------------------------------------------------------ responses

#: A file that is no `SocketFile`, or, for install(), not what makefile() gives.
FILE = "a file that is no socket's: {}"
#: What the codec has not taken: its function, the file, and the limits.
HEAD = "a response head with {}"
#: Of install()'s, that a file has been closed.
NO_HEAD = "no response head: the connection has ended"
HEAD_LIMIT = "max_head_bytes is set: {}"
FIELD_LIMIT = "max_response_headers is no number of fields"
LINE_BY_LINE = "a response head that is read line by line"

# As install() has them.
LIMITS = "_MAXLINE or _MAXHEADERS is out of the ordinary"
MESSAGE = "a message class of its own: {}"
NO_MESSAGE = "headers that are no HTTPMessage: {}"
CHANGED_MESSAGE = "headers with a policy, or a get_all(), of their own"
GETHEADER = "a name that is no ASCII str, a value beyond ISO-8859-1, or a default that is no str"
NO_CHUNKS = "chunked is not True"
AMOUNT = "an amount that is no int of 0 or more"
