"""Inside a version: its diagnostics, and its card."""
