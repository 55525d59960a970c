"""Codes of the codec, which C has too.

Why `decode_chunks` and `SocketFile.read_chunks` stop; csrc/fh_chunks.h has the first four. MORE:
the bytes are used up. FULL: there is as much content as was asked for. LAST: the last chunk's size
line has been taken. ODD: what comes next is not of the plain form. END: the connection has ended.
DONE: LAST, and the empty line behind it has been taken as well.

What `parse_head` and `parse_fields` return instead of a length; csrc/fh_headers.h has them.
"""

MORE, FULL, LAST, ODD, END, DONE = range(6)

INCOMPLETE, ODD_HEAD = -1, -2
