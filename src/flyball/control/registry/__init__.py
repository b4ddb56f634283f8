"""Builds, their leaderboards, and numbered versions."""
