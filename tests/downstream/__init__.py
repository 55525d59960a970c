"""What stands on `http.client`, tested with `fasthttp.install()`: suites, and tools."""
