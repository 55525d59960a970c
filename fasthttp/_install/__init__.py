"""What `fasthttp.install()` lends to `http.client`: faster leaf functions, and the proof that each
may stand where it is put. The public face is `fasthttp.patch`.
"""
