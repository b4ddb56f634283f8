"""The control plane: a staircase of Django apps."""
