"""What decides: the rules of HTTP/1.1 as functions of bytes and values.

Nothing here waits, and nothing here has a socket, a file or a clock.
"""
