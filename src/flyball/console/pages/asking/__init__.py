"""Pages for people who ask: one case, several rows, a whole file."""
