"""fasthttp's pool."""

import ssl
from collections.abc import Iterator

from fasthttp import Pool, Request

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


def fetch(job: Job) -> Iterator[Result]:
    with Pool(
        total=TOTAL,
        per_host=PER_HOST,
        deadline=DEADLINE,
        max_body=MOST,
        redirects=REDIRECTS,
        retries=RETRIES,
        decode=True,
        cookies=True,
        context=ssl.create_default_context(cafile=job.authority),
    ) as pool:
        for page in pool.map(
            Request(url, deadline=DEADLINE_IN_FILE, max_body=MOST_IN_FILE, sink=job.files[url])
            if url in job.files
            else url
            for url in job.urls
        ):
            if page.error:
                yield Result(page.request.url, error=repr(page.error))
            else:
                is_text = (page.getheader("Content-Type") or "").startswith("text/")
                content = page.text if is_text else page.body
                yield Result(page.request.url, page.status, page.url, content)
