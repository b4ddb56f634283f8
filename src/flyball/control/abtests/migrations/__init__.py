"""Migrations of A/B tests."""
