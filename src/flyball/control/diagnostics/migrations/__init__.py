"""Migrations of backtests."""
