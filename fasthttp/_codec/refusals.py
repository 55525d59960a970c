"""Why `encode_head` and `encode_field` refuse: in the place of bytes they return one of these, in a
pair with what it is about.
"""

#: The room that request_c.pyx has on its stack.
MOST_FIELDS = 64

METHOD = "a method {}"
TARGET = "a target {}"
WHOLE_URL = "a target that is a whole URL"
HEADERS = "header fields that are no dict: {}"
MANY = f"more than {MOST_FIELDS} header fields"
#: These are about a pair of name and value.
NAME = "a field name {}"
VALUE = "a header field {}"
FRAMING = "a {} field given by the caller"
