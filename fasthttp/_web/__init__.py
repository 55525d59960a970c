"""What lies between an answer and a page: rules of bytes and values, without sockets and clocks."""
