"""The response corpus, played to `fasthttp.client` and to the interpreter's own `http.client`."""
