"""What a client makes of a response: its head, where its body ends, each way to read it, what is
broken in it.
"""
