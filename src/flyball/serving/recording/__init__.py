"""What is written: predictions in groups, counts by the minute, and a log that forgets what was erased."""
