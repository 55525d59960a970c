"""What a client sends: the bytes of a head and a body, how they leave, and what is refused."""
