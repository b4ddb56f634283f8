"""The servers that Flyball is measured beside: each a small file, run in an environment of its own."""
