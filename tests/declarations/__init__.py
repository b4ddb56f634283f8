"""Finding and checking declarations; endpoints as they have been applied."""
