"""Candidates that are made of others."""
