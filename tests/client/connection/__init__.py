"""What a connection is from one request to the next: its states, its socket, proxies and TLS, and
when it is used again.
"""
