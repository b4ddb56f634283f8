"""Migrations of cards."""
