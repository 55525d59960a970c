"""A requests program goes faster by one line: fasthttp.install().

pip install requests    # beside fasthttp
python with_requests.py http://127.0.0.1:8000/
"""

import argparse

import requests
from gain import say_whether_in_force, show_gain

import fasthttp

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("url", help="a page of a server of your own: it is asked for often")
parser.add_argument("--count", type=int, default=200, help="requests a round")
options = parser.parse_args()

# All that a program needs. It may stand anywhere, also behind `import requests`.
fasthttp.install()

with requests.Session() as session:
    response = session.get(options.url, timeout=10)
    print(f"{response.status_code}, {len(response.content)} bytes")
    say_whether_in_force()
    show_gain(lambda: session.get(options.url, timeout=10).content, options.count)
