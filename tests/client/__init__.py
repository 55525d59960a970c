"""Tests of the classes: what fasthttp.client does, judged by http.client wherever that can be."""

import pytest

# The helpers whose assertions are worth an explanation.
pytest.register_assert_rewrite(f"{__name__}.sending", f"{__name__}.reading")
