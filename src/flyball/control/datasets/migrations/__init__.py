"""The tables of datasets, step by step."""
