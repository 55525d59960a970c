"""Tests of the codec: each rule on both twins, and both twins against each other."""
