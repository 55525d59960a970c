"""What lies between an answer and a page: rules of bytes and values.

Nothing here waits, and nothing here has a socket, a file or a clock.
"""
