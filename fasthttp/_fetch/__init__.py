"""`python -m fasthttp fetch`: pages into JSON lines, a directory or a WARC file.

What decides (sources.py, names.py, record.py, robots.py, tally.py) neither waits nor writes;
outputs.py and warc.py write, command.py drives a pool.
"""
