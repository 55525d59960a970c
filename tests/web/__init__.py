"""`fasthttp._web`: rules of bytes and values, so there is no socket here."""
