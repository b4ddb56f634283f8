"""Tables of users, step by step."""
