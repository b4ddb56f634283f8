"""Teams, roles and keys."""
