"""Files that were sent here for a batch: received, kept for a while, and erased."""
