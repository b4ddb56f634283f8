"""What the two planes share: one port a file, on SQLite and PostgreSQL."""
