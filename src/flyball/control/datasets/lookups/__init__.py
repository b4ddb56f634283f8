"""The SQL by which the data plane reads one entity's features."""
