"""Migrations of schedules."""
