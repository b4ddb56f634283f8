"""Tests of the as-of join without Django."""
