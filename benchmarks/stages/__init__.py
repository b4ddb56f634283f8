"""What a run measures: each stage starts what it needs, and gives tables and numbers."""
