"""Endpoints and their routes; the tables of predictions and outcomes."""
