"""Batches that are declared: rows that are answered again and again under one name."""
