"""The tables of the ready-made project, step by step."""
