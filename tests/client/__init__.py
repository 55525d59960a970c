"""Tests of the classes: what fasthttp.client does, judged by http.client wherever that can be.

What is about one of them, or about one side of an exchange, is in a folder: `request`, `response`,
`connection`, `options`. Here is what concerns the module as a whole: its names, what programs set
in it or derive from it, pickling, `debuglevel`, the choice between C and Python, and deviations
that no other test shows. Helpers are here too; they are used by tests of other folders.
"""

import pytest

# The helpers whose assertions are worth an explanation.
pytest.register_assert_rewrite(f"{__name__}.request_recorder", f"{__name__}.response_observer")
