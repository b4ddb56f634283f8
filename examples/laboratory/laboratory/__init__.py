"""A laboratory with one question of how much, and one of which group."""
