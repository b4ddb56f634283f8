"""Predict and hear: answers, and what really happened."""
