"""Rules of the ground floor, as tables."""
