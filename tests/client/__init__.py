"""Tests of the classes: what fasthttp.client does, judged by http.client wherever that can be."""
