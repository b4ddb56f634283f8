"""The doors, line by line."""
