"""Whole files: how long a million rows take, beside the same by hand, and what is left after kills."""
