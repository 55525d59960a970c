"""Tests against servers that are broken, slow or malicious."""
