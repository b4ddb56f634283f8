"""What an artifact may hold: a table of types, read from its description before anything is made of it."""
