"""A/B tests over the management API."""
