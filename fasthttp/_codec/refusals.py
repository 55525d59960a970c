"""Why `encode_head` and `encode_field` refuse: in the place of bytes they return one of these, in a
pair with what it is about.
"""

from .sizes import MAX_REQUEST_FIELDS

METHOD = "a method {}"
TARGET = "a target {}"
WHOLE_URL = "a target that is a whole URL"
HEADERS = "header fields that are no dict: {}"
MANY = f"more than {MAX_REQUEST_FIELDS} header fields"
#: These are about a pair of name and value.
NAME = "a field name {}"
VALUE = "a header field {}"
FRAMING = "a {} field given by the caller"
