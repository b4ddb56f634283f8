"""Publish: which version answers."""
