"""What models learn from and what they have answered: snapshots, feature tables, predictions, outcomes."""
