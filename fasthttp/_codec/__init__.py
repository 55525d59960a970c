"""Bytes in, values out: heads, chunks and requests, as twins, chosen by `_compiled`.

It has no sockets, no limits of its own, and decides nothing.
"""
