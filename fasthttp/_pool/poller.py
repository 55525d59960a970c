"""Which sockets are ready: epoll where the system has it, else the best of `selectors`.

A mask is a set of bits, READ and WRITE. Errors count as both: the call that meets them says which.
"""

from __future__ import annotations

import select
import selectors

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

READ, WRITE = 1, 4  # as EPOLLIN and EPOLLOUT
#: What select() of Windows can look at.
MOST_FOR_SELECT = 500
#: So few at a time that their pages are still in the processor's cache when the program has them:
#: with 256 connections a small page takes an eighth less CPU than with all of them at once.
_AT_A_TIME = 32


class EpollPoller:
    """epoll itself: `selectors` would take as long as all that is done for a small answer."""

    #: The most sockets that it can look at; None where there is no limit.
    most: int | None = None
    #: Whether another loop can wait for it, as for a socket.
    can_nest = True

    def __init__(self, epoll: Any) -> None:
        self._epoll = epoll

    def fileno(self) -> int:
        descriptor: int = self._epoll.fileno()
        return descriptor

    def add(self, descriptor: int, mask: int) -> None:
        self._epoll.register(descriptor, mask)

    def change(self, descriptor: int, mask: int) -> None:
        self._epoll.modify(descriptor, mask)

    def remove(self, descriptor: int) -> None:
        self._epoll.unregister(descriptor)

    def wait(self, timeout: float) -> Iterable[tuple[int, int]]:
        """Return (descriptor, mask) of what is ready, after at most `timeout` seconds; -1 for any
        time.
        """
        found: Iterable[tuple[int, int]] = self._epoll.poll(timeout, _AT_A_TIME)
        return found

    def close(self) -> None:
        self._epoll.close()


class SelectorPoller:
    """kqueue, poll, select, or what a library such as gevent has put in their place."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        is_select = isinstance(self._selector, selectors.SelectSelector)
        self.most = MOST_FOR_SELECT if is_select else None
        self.can_nest = hasattr(self._selector, "fileno")

    def fileno(self) -> int:
        selector: Any = self._selector  # of which not each has one: `can_nest`
        descriptor: int = selector.fileno()
        return descriptor

    def add(self, descriptor: int, mask: int) -> None:
        self._selector.register(descriptor, _events(mask))

    def change(self, descriptor: int, mask: int) -> None:
        self._selector.modify(descriptor, _events(mask))

    def remove(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)

    def wait(self, timeout: float) -> Iterable[tuple[int, int]]:
        found = self._selector.select(None if timeout < 0 else timeout)
        return [(key.fd, _mask(events)) for key, events in found]

    def close(self) -> None:
        self._selector.close()


def _events(mask: int) -> int:
    events = selectors.EVENT_READ if mask & READ else 0
    return events | (selectors.EVENT_WRITE if mask & WRITE else 0)


def _mask(events: int) -> int:
    mask = READ if events & selectors.EVENT_READ else 0
    return mask | (WRITE if events & selectors.EVENT_WRITE else 0)


def make_poller() -> EpollPoller | SelectorPoller:
    """Return the best that there is now: gevent takes epoll away when it patches."""
    return EpollPoller(select.epoll()) if hasattr(select, "epoll") else SelectorPoller()
