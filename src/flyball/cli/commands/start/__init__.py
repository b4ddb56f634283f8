"""Start: make a project, check it, publish it."""
