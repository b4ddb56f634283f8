"""Shadows: what they answer, beside what was answered."""
