"""Programs that stand on `http.client`, tested with `fasthttp.install()`: their suites, and tools."""
