"""Batches over the API: asked for, looked at, and fetched."""
