"""Measures: what one unit brings to a metric."""
