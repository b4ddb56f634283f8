"""What it costs to say which fields moved an answer."""
