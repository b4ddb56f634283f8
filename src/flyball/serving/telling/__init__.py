"""What a server tells of itself and of its answers; nothing is recorded."""
