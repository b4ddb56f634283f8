"""The clinic's tables, step by step."""
