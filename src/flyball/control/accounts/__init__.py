"""Teams, roles and API keys."""
