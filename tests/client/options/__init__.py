"""What fasthttp has beyond http.client, in files that begin with the name of the option: strict,
skip_bad_lines, deadline, idle_timeout, retry_stale, (on_)informational; and its limits, and the
notes of its exceptions.
"""
