"""Connections that the server closes when it likes lose no request, and double none."""

from __future__ import annotations

from types import ModuleType

from .churn import wrongs


def test_nothing_is_lost_or_doubled(package: ModuleType) -> None:
    assert wrongs(package, 3000, total=16, per_host=16) == []
