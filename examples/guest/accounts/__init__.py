"""The bank's own users."""
