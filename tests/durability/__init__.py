"""What survives kills, races and broken connections."""
