"""requests and urllib3 on fasthttp.client in the place of http.client, by `sys.modules`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

SWAPPED = Path(__file__).with_name("tools") / "swapped.py"

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("extension", ["1", "0"])
def test_chunked_answers_keep_their_connection(
    tools_python: Path, extension: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [str(tools_python), str(SWAPPED)],
        cwd=tmp_path,
        env={"PATH": os.environ.get("PATH", os.defpath), "FASTHTTP_EXTENSION": extension},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {"connections": 1, "kinds": ["fasthttp._client.response"]}
