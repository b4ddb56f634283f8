"""What rows weigh in learning and in scores, as it is declared."""
