"""Migrations of drawings."""
