"""The tables of endpoints, step by step."""
