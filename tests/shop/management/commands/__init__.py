"""One command: how a test's rows are forgotten."""
