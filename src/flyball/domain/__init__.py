"""Ground floor: pure rules over the standard library and numpy."""
