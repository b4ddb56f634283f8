"""Predictions for rows that a fit has not learned from, fold by fold, and what they show."""
