"""Diagnostics of a version."""
