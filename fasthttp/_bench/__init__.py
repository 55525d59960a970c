"""`python -m fasthttp bench`: fasthttp next to http.client, on this machine, in one run."""
