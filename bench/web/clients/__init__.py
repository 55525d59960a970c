"""One module for each client: `fetch(job)` yields a `Result` for each URL, in any order.

A line that ends with "# the site's place" tells a client where the made-up names are: it stands
for /etc/hosts, and is not counted.
"""
