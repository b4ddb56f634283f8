"""Bandits: shares that follow what arms bring, and estimates from traffic whose shares moved."""
