"""requests on `fasthttp.client` in the place of `http.client`: prints how many connections it made.

urllib3 is imported after the swap, so its classes are built on fasthttp's, and its streamed
responses read their chunks by hand.
"""

from __future__ import annotations

import http
import http.server
import json
import sys
import threading

import fasthttp.client

sys.modules["http.client"] = http.client = fasthttp.client

import requests  # noqa: E402 - after the swap

CONTENT = b"hello world"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers in chunks, with a trailer, on connections that are kept."""

    protocol_version = "HTTP/1.1"
    connections: set[tuple[str, int]] = set()

    def do_GET(self) -> None:
        self.connections.add(self.client_address)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    kinds = set()
    with requests.Session() as session:
        for stream in (False, True, False, True, True):
            response = session.get(url, stream=stream, timeout=20)
            kinds.add(type(response.raw._original_response).__module__)
            assert b"".join(response.iter_content(3)) == CONTENT
    server.shutdown()
    print(json.dumps({"connections": len(Handler.connections), "kinds": sorted(kinds)}))


if __name__ == "__main__":
    main()
