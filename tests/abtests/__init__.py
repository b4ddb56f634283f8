"""What A/B tests claim: against other figures, and against simulated tests."""
