"""What rows weigh: in fits, in scores, and in what predictions out of fold show."""
