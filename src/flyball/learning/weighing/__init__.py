"""What rows weigh in fits, and pipelines fitted so."""
