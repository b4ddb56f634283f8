"""Frames, runtimes and what an artifact may hold."""
