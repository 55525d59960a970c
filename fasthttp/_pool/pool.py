"""Pool: many requests to many hosts from one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPMessage

from .engine import Engine, Work
from .run import Run
from .settings import Settings

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for typing.get_type_hints()


class Pool:
    """Connections to any number of hosts, kept open and driven by one thread.

    Limits, hard ones: `total` sockets in all, `per_host` to one scheme, name and port. `delay`:
    seconds between the starts of two requests to one host.

    Times in seconds, None for no limit: `deadline` for a request from when it leaves the queue to
    its last byte, lookup and second tries included; `timeout` for each wait within it;
    `queue_timeout` for waiting in the queue; `idle_timeout` for how long a connection is kept.

    Sizes: `max_body` in bytes, None for no limit; `max_head_bytes` and `max_response_headers` for
    heads: 1 MiB and 1,000 fields unless they are set.

    `headers` are sent with each request that does not have its own of the same names. `strict`,
    `on_informational` and `retry_stale` are as for `HTTPConnection`; so is `skip_bad_lines`, which
    is on unless `strict` is. `context` is an `ssl.SSLContext`; `resolver` is called in threads with
    host and port, and returns what `socket.getaddrinfo` does; `source_address` is as for
    `socket.create_connection`.

    Raises `ValueError` and `TypeError` for arguments that are none.
    """

    def __init__(
        self,
        *,
        total: int = 100,
        per_host: int = 6,
        delay: float = 0,
        deadline: float | None = 300,
        timeout: float | None = 30,
        idle_timeout: float | None = 60,
        queue_timeout: float | None = None,
        max_body: int | None = None,
        max_head_bytes: int | None = None,
        max_response_headers: int | None = None,
        headers: Mapping[str, Any] | None = None,
        strict: bool = False,
        skip_bad_lines: bool = True,
        on_informational: Callable[[int, str, HTTPMessage], object] | None = None,
        retry_stale: bool = True,
        context: Any = None,
        resolver: Callable[[str, int], Any] | None = None,
        source_address: tuple[str, int] | None = None,
    ) -> None:
        settings = Settings(
            total=total,
            per_host=per_host,
            delay=delay,
            deadline=deadline,
            timeout=timeout,
            idle_timeout=idle_timeout,
            queue_timeout=queue_timeout,
            max_body=max_body,
            max_head_bytes=max_head_bytes,
            max_response_headers=max_response_headers,
            headers=headers,
            strict=strict,
            skip_bad_lines=skip_bad_lines,
            on_informational=on_informational,
            retry_stale=retry_stale,
            context=context,
            resolver=resolver,
            source_address=source_address,
        )
        self._engine: Engine | None = Engine(settings)
        self._work: Work | None = None

    def map(self, requests: Iterable[Any], *, ordered: bool = False) -> Run:
        """Return a run over requests, which are URLs or `Request`s: an iterator of pages.

        Raises `RuntimeError` where another run is going on, and `ValueError` where the pool is
        closed.
        """
        if self._engine is None:
            raise ValueError("the pool is closed")
        if self._work is not None:
            raise RuntimeError("a pool has one run at a time: close the one before, or end it")
        run = Run(self, requests, ordered)
        self._work = run._work
        return run

    def _engine_of(self, work: Work) -> Engine:
        engine = self._engine
        if work.is_closed or engine is None:
            raise StopIteration
        return engine

    def _waiting(self, work: Work) -> int:
        return self._engine.slots.waiting if self._engine and self._work is work else 0

    def _end_run(self, work: Work) -> None:
        if not work.is_closed:
            work.is_closed = True
            work.requests = None
            if self._work is work:
                self._work = None
                if self._engine is not None:
                    self._engine.cancel()

    def close(self) -> None:
        """Close all connections; a run that goes on is ended."""
        if self._work is not None:
            self._end_run(self._work)
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_engine", None) is not None:
            self.close()
