"""300 requests at once with 64 descriptors; prints how many succeeded, and the others' errors.

python -m tests.pool.descriptors_program map|request PORT
"""

from __future__ import annotations

import json
import resource
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fasthttp

COUNT = 300


def main() -> None:
    place, port = sys.argv[1], int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    def resolve(host: str, _port: int) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    urls = [f"http://h{number}.test/{number}" for number in range(COUNT)]
    with fasthttp.Pool(total=300, resolver=resolve) as pool:
        if place == "map":
            errors = [repr(page.error) for page in pool.map(urls) if page.error]
        else:

            def ask(url: str) -> str:
                try:
                    with pool.request("GET", url) as response:
                        response.read()
                except Exception as error:
                    return repr(error)
                return ""

            with ThreadPoolExecutor(100) as executor:
                errors = [said for said in executor.map(ask, urls) if said]
    print(json.dumps({"good": COUNT - len(errors), "errors": errors[:5]}))


if __name__ == "__main__":
    main()
