"""Models in processes of their own: real ones, that are killed, crash and hang."""
