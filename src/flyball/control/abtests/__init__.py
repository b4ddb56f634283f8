"""A/B tests: challengers beside the champion, each unit counted once, and a verdict with its evidence."""
