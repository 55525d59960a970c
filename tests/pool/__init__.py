"""`fasthttp.Pool`."""
