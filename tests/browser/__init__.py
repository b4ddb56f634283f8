"""People at work in a real browser, with a server as a user starts it."""
