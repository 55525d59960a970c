"""A program that imports fasthttp in sub-interpreters; prints what each of them says, as JSON.

    python -m tests.hostile.subinterpreter_program isolated|legacy PORT FOLDER first|last

"isolated" has a GIL of its own from Python 3.12 on, "legacy" shares the main one's; "first" and
"last" say when the main interpreter imports it. What an interpreter says goes through a file in
FOLDER, which works in every Python.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from ..client.response_delivery import PATIENCE

_SCRIPT = """
import sys
sys.path[:0] = {path!r}
try:
    import fasthttp
    from fasthttp import client
    connection = client.HTTPConnection("127.0.0.1", {port}, timeout=20)
    connection.request("POST", {target!r}, body=b"small", headers={{"X-A": "b"}})
    response = connection.getresponse()
    said = "works", fasthttp.implementation, response.read().decode()
    connection.close()
except ImportError as error:
    said = "refused", type(error).__name__, str(error)
except BaseException as error:
    said = "failed", type(error).__name__, str(error)
with open({file!r}, "w") as file:
    import json
    json.dump(said, file)
"""


def _module() -> Any:
    """What makes sub-interpreters here: its name has changed in Python 3.13."""
    names = ("_interpreters", "_xxsubinterpreters")
    found = [name for name in names if importlib.util.find_spec(name) is not None]
    return importlib.import_module(found[0]) if found else None


def _create(module: Any, kind: str) -> Any:
    if module.__name__ == "_interpreters":
        return module.create(kind)
    return module.create(isolated=kind == "isolated")


def _say(module: Any, kind: str, port: int, target: str, file: Path) -> Any:
    interpreter = _create(module, kind)
    values = {"path": sys.path, "port": port, "target": target, "file": str(file)}
    module.run_string(interpreter, _SCRIPT.format(**values))
    module.destroy(interpreter)
    return json.loads(file.read_text())


def _use(port: int) -> list[str]:
    """What the main interpreter says; here an ImportError is a failure."""
    import fasthttp
    from fasthttp import client

    connection = client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/main")
    said = connection.getresponse().read().decode()
    connection.close()
    return ["works", fasthttp.implementation, said]


def main() -> None:
    kind, port, folder, order = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    module = _module()
    if module is None:
        print(json.dumps(None))
        return
    said = [_use(port)] if order == "first" else []
    # Twice, since an import may work in one interpreter of a process only.
    said += [_say(module, kind, port, path, folder / path[1:]) for path in ("/one", "/two")]
    print(json.dumps([*said, _use(port)]))


if __name__ == "__main__":
    main()
