"""Declared: the A/B test that an endpoint asks for in its declaration."""
