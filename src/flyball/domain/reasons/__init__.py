"""Why an answer is what it is, and what would make it another."""
