"""Tests against real servers (nginx, tinyproxy, small Python ones) on free loopback ports."""
