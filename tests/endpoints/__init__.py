"""Applying, promoting, rolling back, pulling outcomes."""
