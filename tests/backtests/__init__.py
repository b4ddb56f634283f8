"""What a version would have answered, beside what was answered and what happened."""
