"""Routes of endpoints; the tables of predictions and outcomes."""
