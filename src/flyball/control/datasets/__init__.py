"""Feature tables and rows into snapshots."""
