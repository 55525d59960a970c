"""httpx, a task for each page."""

import asyncio
import ssl
from collections import defaultdict

import httpx

from ..by_hand import pause_before_retry, text_of
from ..job import (
    DEADLINE,
    DEADLINE_IN_FILE,
    MOST,
    MOST_IN_FILE,
    PER_HOST,
    REDIRECTS,
    RETRIES,
    TOTAL,
    Job,
    Result,
)


async def _read(response, url, job):
    file = job.files.get(url)
    body, size, most = [], 0, MOST_IN_FILE if file else MOST
    async for data in response.aiter_bytes():
        size += len(data)
        if size > most:
            raise ValueError("the body is too large")
        if file:
            file.write(data)
        else:
            body.append(data)
    kind, whole = response.headers.get("Content-Type", ""), b"".join(body)
    content = None if file else text_of(kind, whole) if kind.startswith("text/") else whole
    return Result(url, response.status_code, str(response.url), content)


async def _get(client, url, job, seconds):
    until = asyncio.get_running_loop().time() + seconds
    for tries in range(RETRIES + 1):
        async with client.stream("GET", url) as response:
            result = await _read(response, url, job)
        if response.status_code not in (429, 503):
            break
        pause = pause_before_retry(response.headers.get("Retry-After"), tries)
        if asyncio.get_running_loop().time() + pause > until:
            break
        await asyncio.sleep(pause)
    return result


async def _page(client, url, job, total, hosts):
    seconds = DEADLINE_IN_FILE if url in job.files else DEADLINE
    try:
        async with hosts[httpx.URL(url).netloc], total, asyncio.timeout(seconds):
            return await _get(client, url, job, seconds)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Result(url, error=repr(error))


async def _all(job):
    total = asyncio.Semaphore(TOTAL)
    hosts = defaultdict(lambda: asyncio.Semaphore(PER_HOST))
    async with httpx.AsyncClient(
        verify=ssl.create_default_context(cafile=job.authority),
        # Not more: what its pool does for a request grows with the square of what is open.
        limits=httpx.Limits(max_connections=TOTAL, max_keepalive_connections=TOTAL),
        timeout=DEADLINE,
        follow_redirects=True,
        max_redirects=REDIRECTS,
        trust_env=False,
    ) as client:
        return await asyncio.gather(*(_page(client, url, job, total, hosts) for url in job.urls))


def fetch(job: Job) -> list[Result]:
    return asyncio.run(_all(job))
