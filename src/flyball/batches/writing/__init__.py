"""What goes out: a part for each chunk, whole or not at all, and at the end one file."""
