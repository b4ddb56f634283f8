"""Snapshots of large tables in PostgreSQL, beside the same join written by hand in DuckDB."""
