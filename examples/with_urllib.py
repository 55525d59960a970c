"""An urllib.request program goes faster by one line: fasthttp.install().

python with_urllib.py http://127.0.0.1:8000/
"""

import argparse
import urllib.request

from gain import say_whether_in_force, show_gain

import fasthttp

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("url", help="a page of a server of your own: it is asked for often")
parser.add_argument("--count", type=int, default=200, help="requests a round")
options = parser.parse_args()

# All that a program needs. It may stand anywhere.
fasthttp.install()


def fetch() -> bytes:
    """Fetch the page; urllib.request connects anew each time."""
    with urllib.request.urlopen(options.url, timeout=10) as response:  # noqa: S310
        body: bytes = response.read()
        return body


print(f"{len(fetch())} bytes")
say_whether_in_force()
show_gain(fetch, options.count)
