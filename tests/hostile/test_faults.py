"""No fault hangs, leaks, crosses or breaks a connection; each ends in the documented exception.

The responses and their cuts are all here; of the large request bodies, so are all the cases.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from . import receiving, sending
from .bodies import BODIES
from .readings import READINGS
from .wires import WIRES


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("wire", WIRES)
def test_faults_while_receiving(client: ModuleType, path: str, wire: str, reading: str) -> None:
    tally = receiving.run(client, path, receiving.cases(wire, reading))
    assert tally.cases > 200
    assert not tally.findings, str(tally)


@pytest.mark.parametrize("body", BODIES)
def test_faults_while_sending(client: ModuleType, path: str, body: str) -> None:
    tally = sending.run(client, path, sending.cases(client, body))
    assert tally.cases > 80
    assert not tally.findings, str(tally)
