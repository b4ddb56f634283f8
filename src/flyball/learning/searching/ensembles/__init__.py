"""Candidates that are made of others: what each part says of rows that it has not learned from is weighed."""
