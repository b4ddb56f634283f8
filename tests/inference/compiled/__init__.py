"""Compiled versions are data, checked when they are opened."""
