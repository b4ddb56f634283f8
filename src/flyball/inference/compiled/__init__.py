"""Versions compiled to data: plain arrays, opened without scikit-learn."""
