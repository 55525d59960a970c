"""The only code that receives: a buffered reader over a socket, as twins, chosen by `_compiled`."""
