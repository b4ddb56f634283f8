"""Commands, each in a file of its own, in the rooms that docs/commands.md has as sections."""
