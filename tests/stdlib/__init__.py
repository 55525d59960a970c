"""CPython's own tests of `http.client` and its users, run against `fasthttp.client`."""
