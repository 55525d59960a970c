"""What becomes of an error before a page keeps it."""

from __future__ import annotations

import copy
from http.client import HTTPException

from .._http import notes

#: How far back the causes of an error are looked at.
_MOST_CAUSES = 10


def let_frames_go(error: Exception) -> None:
    """Let an error hold no frame. Each holds those that called it, up to the program's own: the run
    would live as long as the page. Where the program's own code has raised it, a note says where.
    """
    frames = error.__traceback__
    if frames is not None and not isinstance(error, (OSError, HTTPException)):
        while frames.tb_next is not None:
            frames = frames.tb_next
        code = frames.tb_frame.f_code
        notes.add(error, f"raised at {code.co_filename}:{frames.tb_lineno}, in {code.co_name}")
    each: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if each is None:
            return
        each.__traceback__ = None
        each = each.__cause__ or each.__context__


def of_its_own(error: Exception) -> Exception:
    """Return an error like this one, for one page alone: others that asked have theirs."""
    try:
        made = copy.copy(error)
    except Exception:  # a resolver's own, of which nobody knows how it is made
        made = OSError(str(error))
    made.__cause__ = error.__cause__
    return made


#: OpenSSL's numbers for a certificate of an issuer who is not trusted here.
_NOT_TRUSTED = frozenset((18, 19, 20, 21))
#: What OpenSSL calls bytes that are none of TLS, from version to version.
_NOT_TLS = frozenset(("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"))


def explain_tls(error: Exception, is_of_proxy: bool) -> None:
    """Say in the text of a failed handshake what may be done about it, where that is known."""
    text = getattr(error, "strerror", None)
    if not isinstance(error, OSError) or not isinstance(text, str):
        return
    if getattr(error, "verify_code", None) in _NOT_TRUSTED:
        hint = (
            "where this is right, say whom to trust: context="
            "ssl.create_default_context(cafile=...), or --ca of the command"
        )
    elif getattr(error, "reason", None) not in _NOT_TLS:
        return
    elif is_of_proxy:
        hint = "the proxy has answered without TLS: its URL may have to begin with http://"
    else:
        hint = "the server has answered without TLS: the URL may have to begin with http://"
    error.strerror = f"{text}; {hint}"
    error.args = (error.errno, error.strerror)


def silent(seconds: float) -> TimeoutError:
    """Return the error of a connection on which nothing came for too long."""
    return TimeoutError(f"timed out: nothing came for {seconds:g} seconds, the pool's timeout")


def announced_too_long(length: int, most: int) -> HTTPException:
    """Return the error of a body whose Content-Length is beyond its limit."""
    text = f"the body has {length} bytes, by its Content-Length: the limit is max_body={most}"
    return HTTPException(text)


def too_long(most: int) -> HTTPException:
    """Return the error of a body that is longer than its limit."""
    return HTTPException(f"got more than {most} bytes of body: the limit is max_body")
