"""What `fasthttp.stats()` is made of: totals, wrappers that add to them while counting is on, and
the reasons for which a call went the plain way. The public face is `fasthttp.statistics`.
"""
