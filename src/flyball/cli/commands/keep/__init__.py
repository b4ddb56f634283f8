"""Keep in order: erase people, and take out what has ended."""
