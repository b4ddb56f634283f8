"""What the two planes share, on both databases."""
