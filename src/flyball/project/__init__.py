"""The roof: a ready-made project. It wires and decides nothing."""
