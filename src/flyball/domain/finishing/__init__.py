"""What becomes of a model's numbers before they are answered, as predictions out of fold have shown."""
