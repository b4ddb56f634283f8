"""Counting: predictions are taken in once, units count once, and what they bring is added up."""
