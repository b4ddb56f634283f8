"""Steering: what a look at a test changes of its arms."""
