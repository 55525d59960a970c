"""`fasthttp.install()`: `http.client` with it and without it, side by side."""
