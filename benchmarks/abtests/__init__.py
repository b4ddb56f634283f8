"""Simulated A/B tests, judged by the functions that judge real ones."""
