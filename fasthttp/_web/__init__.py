"""What lies between an answer and a page: rules of bytes and values.

Nothing here waits: no sockets, no clock, no threads, no files. Times and random numbers are
arguments.
"""
