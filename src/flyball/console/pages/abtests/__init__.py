"""A/B tests: those of an endpoint, one in full, a new one, and what changes one that runs."""
