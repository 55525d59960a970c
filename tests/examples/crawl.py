"""Makes requests with Scrapy and prints, as JSON, what each came to. Run by test_scrapy_handler.py.

Standard input: {"settings": {...}, "signals": true or false, "requests": {name: arguments of
scrapy.Request}}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import StopDownload

asked = json.load(sys.stdin)
results: dict[str, Any] = {}


class Spider(scrapy.Spider):
    name = "asked"

    async def start(self) -> Any:
        for name, arguments in asked["requests"].items():
            yield scrapy.Request(
                **arguments,
                callback=self.parse,
                errback=self.failed,
                cb_kwargs={"name": name},
                dont_filter=True,
            )

    def parse(self, response: Any, name: str) -> None:
        cookies = [value.decode() for value in response.headers.getlist("Set-Cookie")]
        results[name] = {
            "status": response.status,
            "url": response.url,
            "kind": type(response).__name__,
            "length": len(response.body),
            "body": response.body[:100].decode("latin-1"),
            "content type": (response.headers.get("Content-Type") or b"").decode(),
            "cookies": cookies,
            "flags": response.flags,
            "ip address": str(response.ip_address),
            "certified": response.certificate is not None,
            "protocol": response.protocol,
            "has latency": response.meta["download_latency"] > 0,
        }

    def failed(self, failure: Any) -> None:
        value = failure.value
        results[failure.request.cb_kwargs["name"]] = {"error": type(value).__name__}


process = CrawlerProcess({"LOG_LEVEL": "WARNING", "RETRY_TIMES": 3, **asked["settings"]})
crawler = process.create_crawler(Spider)
seen: dict[str, Any] = {"heads": [], "bytes": 0, "stopped": []}


def on_headers(headers: Any, body_length: object, request: Any, spider: Any) -> None:
    """Note what is to come; Scrapy's own handler has an object of Twisted's for "unknown"."""
    length = body_length if isinstance(body_length, int) else None
    seen["heads"].append([request.cb_kwargs["name"], str(length), str(headers.get("Content-Type"))])


def on_bytes(data: bytes, request: Any, spider: Any) -> None:
    """Count; stop what is called so, in the reactor's thread."""
    asyncio.get_running_loop()
    seen["bytes"] += len(data)
    name = request.cb_kwargs["name"]
    if name.startswith("stop"):
        seen["stopped"].append(name)
        raise StopDownload(fail=name.endswith("failing"))


if asked["signals"]:
    crawler.signals.connect(on_headers, signals.headers_received)
    crawler.signals.connect(on_bytes, signals.bytes_received)
process.crawl(crawler)
process.start()
seen["heads"].sort()
seen["stopped"].sort()
print(json.dumps({"results": results, "seen": seen}))
