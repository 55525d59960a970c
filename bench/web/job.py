"""What a client is given and gives back, and the limits that all of them keep."""

from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

#: Connections that are in use at a time; some clients keep more of them open.
TOTAL = 64
PER_HOST = 6
DEADLINE = 2.0
REDIRECTS = 10
RETRIES = 2
MOST = 10 << 20
#: For what goes into a file.
MOST_IN_FILE = 100 << 20
DEADLINE_IN_FILE = 20.0


class Result(NamedTuple):
    """One page: text where its type is text/*, else bytes, None where it went into a file."""

    url: str
    status: int = 0
    final: str = ""
    content: str | bytes | None = None
    error: str | None = None


@dataclass
class Job:
    """All URLs of a site, the certificate to trust, and the ports behind the made-up names."""

    urls: list[str]
    authority: str
    ports: list[int]
    #: The URLs whose body goes into a file.
    files: dict[str, BinaryIO] = field(default_factory=dict)
