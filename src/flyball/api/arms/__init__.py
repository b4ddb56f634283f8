"""What answers beside a champion, one subject a file."""
