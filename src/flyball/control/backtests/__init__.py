"""What a version would have answered over a past period, beside what was answered and what happened."""
