"""The blocking client: `HTTPConnection`, `HTTPSConnection` and `HTTPResponse`, and what they need
to wait and to remember.
"""
