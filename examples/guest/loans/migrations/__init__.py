"""Tables of loans, step by step."""
