"""Pages of what answers beside a champion, one subject a file."""
