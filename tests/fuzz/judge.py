"""The judge: an http.client in a copy of its own, with fasthttp's documented deviations made to it.

What a deviation changes in the middle of reading cannot be told from the values alone when any
bytes may come, so it is made to the judge (tests/client/oracle.py). The others are recognised by
their values, as for the corpus (tests/corpus/deviations.py); and what becomes of the connection,
where fasthttp is stricter than http.client, is judged alone (verdict.py).
"""

from __future__ import annotations

import http.client
import importlib.util
from typing import Any

from ..client.oracle import Amendments
from ..corpus import own


class _AnyInterim:
    """Equal to each status that is read past: 1xx but 101 (README: interim responses)."""

    def __eq__(self, status: object) -> bool:
        return isinstance(status, int) and 100 <= status < 200 and status != 101

    __hash__ = None  # type: ignore[assignment]


def load_judge(path: str | None) -> Any:
    """The judge made of a client.py, the running Python's unless another is named.

    Its exceptions are those of `http.client` itself. The deviations' questions
    (tests/corpus/own.py) are put to it as well.
    """
    spec = importlib.util.spec_from_file_location("fuzz_judge", path or http.client.__file__)
    assert spec is not None and spec.loader is not None
    judge: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    for name, value in vars(http.client).items():
        if isinstance(value, type) and issubclass(value, Exception):
            setattr(judge, name, value)
    judge.CONTINUE = _AnyInterim()
    judge.HTTPResponse = type("HTTPResponse", (Amendments, judge.HTTPResponse), {})
    judge.HTTPConnection.response_class = judge.HTTPResponse
    own.client = judge
    return judge
