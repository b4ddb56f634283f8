"""A/B tests: started, looked at, weighed anew and stopped."""
