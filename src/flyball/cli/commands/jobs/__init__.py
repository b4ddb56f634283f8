"""Jobs: work that outlives a request."""
