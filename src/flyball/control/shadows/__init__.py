"""Shadows: versions that answer what was predicted, off the request's path, and are compared with it."""
