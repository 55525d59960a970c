"""A local site like the real web, and clients that fetch all of it: `python -m bench.web`."""
