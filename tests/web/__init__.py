"""Tests of `fasthttp._web`: rules of bytes and values, with no sockets."""
