"""`fasthttp.incoming`, with `HTTPResponse` as its judge: fed the same bytes, it gives the same."""
