"""Numbers that C and Python, or several modules, go by. setup.py gives them to C, as macros."""

import sys

#: What C takes as a length, and one more fits.
MOST = sys.maxsize - 1
#: str() refuses to write very long ones.
MAX_INT = (1 << 63) - 1
#: Header fields of a response, and of a request, for which C has room on its stack: with more, a
#: head is odd for both twins.
MAX_FIELDS = 128
MAX_REQUEST_FIELDS = 64
#: The buffer of the compiled SocketFile: no head that the codec takes whole is longer.
BUFFER_SIZE = 65536
#: A body is received into one allocation of its whole length up to here. That is address space,
#: not memory, until bytes arrive. What claims to be longer has to grow into it, so that a false
#: length cannot ask for more than the machine has (CVE-2025-13836). CPython 3.15 trusts no more
#: than 1 MiB, but at the price of copying.
TRUSTED_SIZE = 1 << 26
