"""The tables of registry, step by step."""
