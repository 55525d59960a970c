"""How one connection is opened: the name is looked up, addresses are raced, TLS is agreed on.

RFC 8305 (happy eyeballs): the next address is tried when the one before has failed, or has said
nothing for a quarter of a second; who connects first wins. Each socket counts against the limits.
Where they leave room for one only, a silent address makes place for the next one, and is tried once
more when all others have failed.

With a proxy it is the proxy's name that is looked up and connected to; proxying.py has what is said
to it then. `allow` of the settings is asked before each attempt.
"""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from enum import Enum
from http.client import HTTPException

from .._client import sessions, tls
from .._client.sockets import NOTHING_YET
from .._http import hooks, notes
from . import proxying
from .errors import explain_tls, of_its_own
from .inner_tls import InnerTls
from .lookups import in_turn, is_want_of_descriptors, numeric_addresses
from .poller import READ, WRITE

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from .._web.proxies import Proxy
    from .hosts import Host, Slots
    from .lookups import Lookups
    from .loop import Loop
    from .page import Page
    from .settings import Settings

#: RFC 8305 section 5: the Connection Attempt Delay, in seconds.
_ATTEMPT_DELAY = 0.25
_UNDER_WAY = frozenset((errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, errno.EAGAIN))


if TYPE_CHECKING:

    class Owner(Protocol):
        """Who wants a connection, and takes what comes of it."""

        loop: Loop
        settings: Settings
        slots: Slots
        lookups: Lookups
        dials: dict[Dial, None]

        def connected(self, dial: Dial, sock: Any, state: tls.State | None) -> None: ...
        def fail(self, page: Page, error: Exception, phase: Phase) -> None: ...
        def starve(self, host: Host, page: Page, error: Exception) -> None: ...
        def late(self, page: Page, now: float) -> Exception: ...


class Phase(Enum):
    """What an exchange is waiting for; errors name it."""

    LOOKUP = "lookup"
    CONNECT = "connect"
    PROXY = "proxy"
    TLS = "TLS"
    SEND = "send"
    HEAD = "head"
    BODY = "body"


def _put_tls_around(sock: Any, context: Any, name: str, offer: tuple[Any, int] | None) -> Any:
    """Return a socket of TLS, before its handshake. Raises `OSError` and `ValueError`."""
    if hasattr(sock, "pending"):  # which has TLS, with a proxy
        return InnerTls(sock, context, name)
    options = {} if offer is None else {"session": offer[0]}
    return context.wrap_socket(
        sock,
        server_hostname=name,
        do_handshake_on_connect=False,
        suppress_ragged_eofs=True,
        **options,
    )


def _no_address(name: str) -> OSError:
    return OSError(f"the lookup of {name!r:.80} found no address")


class Dial:
    """One connection in the making, for one page. It has a slot from the beginning.

    `proxy` is what it goes through; None where the host itself is connected to.
    """

    __slots__ = (
        "_address",
        "_addresses",
        "_attempts",
        "_error",
        "_is_over",
        "_loop",
        "_owner",
        "_refused",
        "_refused_place",
        "_silent",
        "_slots",
        "_target",
        "_timers",
        "_tls",
        "host",
        "page",
        "phase",
        "proxy",
    )

    def __init__(self, owner: Owner, host: Host, page: Page, proxy: Proxy | None = None) -> None:
        self._owner = owner
        self._loop = owner.loop
        self.host = host
        self.page = page
        self.proxy = proxy
        #: What the proxy is asked for: a name, or an address where it looks no names up.
        self._target = host.name
        self.phase = Phase.LOOKUP
        self._addresses: deque[Any] = deque()
        #: Those that were given up for want of room.
        self._silent: deque[Any] = deque()
        self._attempts: dict[Any, Any] = {}
        #: The one that has connected.
        self._address: Any = None
        #: Those that `allow` has refused.
        self._refused: list[str] = []
        self._error: OSError | None = None
        self._slots = 1
        self._is_over = False
        self._tls: tls.State | None = None
        #: Context and key of a session that the server may have refused.
        self._refused_place: tuple[Any, tuple[Any, ...]] | None = None
        self._timers: list[Any] = []

    def begin(self) -> None:
        """Look the name up."""
        owner = self._owner
        owner.dials[self] = None
        self.page.tries += 1
        self._wait()
        proxy, host = self.proxy, self.host
        if proxy is None:
            owner.lookups.find(host.name, host.port, self._found, self._loop)
        elif proxy.looks_up:
            self._ask_for_target()
        else:
            owner.lookups.find(host.name, host.port, self._found_target, self._loop)

    def _wait(self) -> None:
        """Begin to wait for the next thing."""
        until = min(self._loop.now + self._owner.settings.timeout, self.page._until)
        self._cancel_timers()
        self._timers.append(self._loop.timers.add(until, self._on_time))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            self._loop.timers.cancel(timer)
        self._timers.clear()

    def _on_time(self, now: float) -> None:
        self.fail(self._owner.late(self.page, now))

    # --------------------------------------------------------------------- allow

    def _may_connect(self, name: str, address: str, port: int) -> bool:
        """Return whether `allow` lets a connection lead there. What that raises ends the dial."""
        allow = self._owner.settings.allow
        try:
            if allow is None or allow(name, address, port):
                return True
        except Exception as error:
            self.fail(error)
            return False
        shown = str(address) or f"{name}, whose address only the proxy knows,"
        if shown not in self._refused:
            self._refused.append(shown)
        return False

    def _fail_for_refusals(self) -> None:
        self.phase = Phase.CONNECT
        addresses = ", ".join(self._refused)
        text = f"`allow` of the pool has refused {addresses:.200} for {self.host.origin}"
        self.fail(PermissionError(f"{text}: it says where connections may lead"))

    # -------------------------------------------------------------------- lookup

    def _ask_for_target(self) -> None:
        """Look the proxy up, if it may be asked for the host. It looks that up itself: what is
        known here is the address that the host's name is, if it is one.
        """
        host = self.host
        found = numeric_addresses(host.name, host.port) if self._owner.settings.allow else None
        address = found[0][4][0] if found else ""
        if self._may_connect(host.name, address, host.port):
            self._look_proxy_up()
        else:
            self._fail_for_refusals()

    def _found_target(self, addresses: list[Any] | None, error: Exception | None) -> None:
        """Choose the address that the proxy is told: of IPv4, where there is one."""
        if self._is_over:
            return
        if error is not None:
            self.fail(of_its_own(error))
            return
        for address in sorted(addresses or (), key=lambda found: found[0] != socket.AF_INET):
            name = address[4][0] if address[4] else ""
            if self._may_connect(self.host.name, name, self.host.port):
                self._target = name
                self._look_proxy_up()
                return
            if self._is_over:  # for what `allow` has raised
                return
        if self._refused:
            self._fail_for_refusals()
        else:
            self.fail(_no_address(self.host.name))

    def _look_proxy_up(self) -> None:
        proxy = self.proxy
        assert proxy is not None  # noqa: S101 - the callers have looked
        self._refused.clear()
        self._wait()
        self._owner.lookups.find(proxy.name, proxy.port, self._found, self._loop)

    def _found(self, addresses: list[Any] | None, error: Exception | None) -> None:
        if self._is_over:
            return
        if self.proxy is not None:
            self.phase = Phase.PROXY  # of which there is no address
        if error is not None:
            if self.proxy is not None:
                self._owner.settings.avoid_proxy(self.proxy)
            self.fail(of_its_own(error))
            return
        self._addresses = in_turn(addresses or [], self.host.address)
        if not self._addresses:
            self.fail(_no_address((self.proxy or self.host).name))
            return
        self.phase = Phase.CONNECT
        self._wait()
        self._next()

    # ------------------------------------------------------------------- connect

    def _next(self) -> None:
        """Try the next address, and those behind it that fail at once."""
        while not self._is_over:
            if not self._addresses and not self._attempts:
                self._addresses, self._silent = self._silent, deque()
            if not self._addresses:
                if not self._attempts:
                    self._fail_to_connect()
                return
            if self._attempts and not self._has_one_more_slot():
                return
            if self._try(self._addresses.popleft()):
                moment = self._loop.now + _ATTEMPT_DELAY
                self._timers.append(self._loop.timers.add(moment, self._on_delay))
                return

    def _fail_to_connect(self) -> None:
        if self._error is None and self._refused:
            self._fail_for_refusals()
            return
        place = self.proxy or self.host
        self._owner.lookups.forget(place.name, place.port)
        self.fail(self._error or OSError("no address could be connected to"))

    def _has_one_more_slot(self) -> bool:
        if self._owner.slots.take(self.host):
            self._slots += 1
            return True
        if len(self._attempts) > 1:
            return False
        # The only room there is goes to the next address.
        sock, address = next(iter(self._attempts.items()))
        self._drop(sock)
        self._silent.append(address)
        return True

    def _on_delay(self, now: float) -> None:
        if self.phase is Phase.CONNECT and self._addresses:
            self._next()

    def _try(self, address: Any) -> bool:
        """Begin to connect. Return whether that is under way, or done."""
        family, kind, protocol, _, target = address
        settings = self._owner.settings
        if settings.allow is not None and not self._may_connect_to(target):
            return False
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.setblocking(False)
            if settings.source_address is not None:
                sock.bind(settings.source_address)
            code = sock.connect_ex(target)
        except OSError as error:
            self._give_up(sock, error)
            return False
        except (TypeError, ValueError, OverflowError) as error:  # a resolver's address is none
            self._give_up(sock, OSError(f"{target!r:.80} is no address: {error}"))
            return False
        if code and code not in _UNDER_WAY:
            self._give_up(sock, OSError(code, os.strerror(code)))
            return False
        self._attempts[sock] = address
        self._loop.watch(sock, WRITE, lambda mask: self._on_ready(sock))
        return True

    def _may_connect_to(self, target: Any) -> bool:
        try:
            address, port = target[:2]
        except (TypeError, ValueError):
            self._give_up(None, OSError(f"{target!r:.80} is no address"))
            return False
        place = self.proxy or self.host
        if self._may_connect(place.name, address, port):
            return True
        self._give_spare_slots()
        return False

    def _give_up(self, sock: Any, error: OSError) -> None:
        if sock is not None:
            sock.close()
        if is_want_of_descriptors(error) and not self._attempts:
            self._is_over = True
            self._leave()
            self._owner.starve(self.host, self.page, error)
            return
        self._error = error
        self._give_spare_slots()

    def _give_spare_slots(self) -> None:
        while self._slots > max(1, len(self._attempts)):
            self._slots -= 1
            self._owner.slots.give(self.host)

    def _drop(self, sock: Any) -> None:
        del self._attempts[sock]
        self._loop.unwatch(sock)
        sock.close()

    def _on_ready(self, sock: Any) -> None:
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._drop(sock)
            self._error = OSError(code, os.strerror(code))
            self._give_spare_slots()
            self._next()
            return
        try:
            sock.getpeername()
        except OSError:  # woken for nothing
            return
        self._address = self.host.address = self._attempts[sock]
        for other in list(self._attempts):
            if other is not sock:
                self._drop(other)
        self._give_spare_slots()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            if error.errno != errno.ENOPROTOOPT:
                self._drop(sock)
                self.fail(error)
                return
        proxy = self.proxy
        if proxy is None:
            self._reach_host(sock)
        elif proxy.is_tls:
            self._begin_tls(sock, proxy, Phase.PROXY, self._tell_proxy)
        else:
            self._tell_proxy(sock)

    # --------------------------------------------------------------------- proxy

    def _tell_proxy(self, sock: Any) -> None:
        """Say to the proxy where the connection is to lead, unless each request says so."""
        assert self.proxy is not None  # noqa: S101 - the caller has looked
        talk = proxying.talk_with(self.proxy, self.host, self._target, self._owner.settings)
        if talk is None:
            self._reach_host(sock)
            return
        self.phase = Phase.PROXY
        self._wait()
        self._loop.change(sock, WRITE, lambda mask: self._talk(sock, talk))
        self._talk(sock, talk)

    def _talk(self, sock: Any, talk: proxying.Talk) -> None:
        try:
            is_over = talk.go_on(sock)
        except NOTHING_YET:
            self._loop.change(sock, talk.mask)
            return
        except (OSError, HTTPException) as error:
            self._drop(sock)
            self.fail(error)
            return
        if is_over:
            self._reach_host(sock)

    def _reach_host(self, sock: Any) -> None:
        """Go on with a connection that leads to the host."""
        if self.host.is_tls:
            self._begin_tls(sock, self.host, Phase.TLS, self._end)
        else:
            self._end(sock)

    # ----------------------------------------------------------------------- TLS

    def _begin_tls(
        self, sock: Any, place: Host | Proxy, phase: Phase, then: Callable[[Any], None]
    ) -> None:
        """Agree on TLS with the host, or with the proxy; then call `then`."""
        self.phase = phase
        self._loop.unwatch(sock)
        state = self._tls = tls.State()
        try:
            context = self._owner.settings.tls_context()
            offer = None
            if self._refused_place is None and not hasattr(sock, "pending"):
                offer = tls.find_session(state, context, place.port, place.name)
            wrapped = _put_tls_around(sock, context, place.name, offer)
        except (OSError, ValueError) as error:
            self._drop(sock)
            self.fail(error)
            return
        self._attempts[wrapped] = self._attempts.pop(sock)
        self._wait()
        self._loop.watch(wrapped, WRITE, lambda mask: self._shake_hands(wrapped, then))
        self._shake_hands(wrapped, then)

    def _shake_hands(self, sock: Any, then: Callable[[Any], None]) -> None:
        ssl = hooks.hook("ssl")
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            self._loop.change(sock, READ)
        except ssl.SSLWantWriteError:
            self._loop.change(sock, WRITE)
        except (OSError, ValueError) as error:
            self._drop(sock)
            self._fail_to_agree(error)
        else:
            if self._refused_place is not None:
                sessions.refuse(*self._refused_place)
            then(sock)

    def _fail_to_agree(self, error: Exception) -> None:
        """Try once more without the session that was offered, if that may be the reason."""
        state = self._tls
        if state is None or state.offer is None or not tls.is_refused(error):
            explain_tls(error, self.phase is Phase.PROXY)
            self.fail(error)
            return
        self._refused_place = state.place
        self.phase = Phase.CONNECT
        self._addresses = deque([self._address])
        self._wait()
        self._next()

    # ----------------------------------------------------------------------- end

    def _leave(self) -> None:
        """Leave no socket, no slot and no timer behind."""
        self._cancel_timers()
        self._owner.dials.pop(self, None)
        for sock in list(self._attempts):
            self._drop(sock)
        while self._slots:
            self._slots -= 1
            self._owner.slots.give(self.host)

    def _end(self, sock: Any) -> None:
        self._is_over = True
        self._cancel_timers()
        self._owner.connected(self, sock, self._tls)

    def let_go(self, sock: Any) -> None:
        """Leave a socket that has connected to the owner, who has it by now."""
        del self._attempts[sock]
        self._owner.dials.pop(self, None)

    def fail(self, error: Exception) -> None:
        """Give up, with this error."""
        if self._is_over:
            return
        self._is_over = True
        self._leave()
        if self.proxy is not None:
            notes.add(error, f"through the proxy {self.proxy!r}")
            if self.phase is Phase.CONNECT and isinstance(error, OSError) and not self._refused:
                self.phase = Phase.PROXY  # which is what cannot be reached
                self._owner.settings.avoid_proxy(self.proxy)
        if is_want_of_descriptors(error):
            self._owner.starve(self.host, self.page, error)
        else:
            self._owner.fail(self.page, error, self.phase)

    def sockets(self) -> list[Any]:
        """Return the sockets that are connecting."""
        return list(self._attempts)

    def cancel(self) -> None:
        """Give up: nobody waits for it any longer."""
        self._is_over = True
        self._leave()
