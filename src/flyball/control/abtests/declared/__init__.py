"""Declared: the tests that declarations ask for, checked, and started when they are applied."""
