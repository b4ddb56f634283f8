"""Migrations of the shadows' tables."""
