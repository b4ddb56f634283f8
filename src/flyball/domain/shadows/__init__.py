"""Shadows: how far their answers agree with what was answered, and which of the two outcomes speak for."""
