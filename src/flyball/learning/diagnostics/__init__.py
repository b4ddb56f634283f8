"""Diagnostics of a version: small tables, from its answers to held-out rows, that any chart is drawn from."""
