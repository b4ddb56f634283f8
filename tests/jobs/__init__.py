"""Jobs, from asking to their end, with workers that are killed."""
