"""The as-of join: sources as Arrow in, validated, joined, profiled, frozen, named by content."""
