"""What predictions out of fold show, where the truth is known."""
