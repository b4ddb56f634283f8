"""How long the console's pages take over a full database: ``python -m benchmarks.console``."""
