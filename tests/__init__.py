"""The test suite: one folder a room, and journeys through real processes beside them."""
