"""Which rows train and which are scored."""
