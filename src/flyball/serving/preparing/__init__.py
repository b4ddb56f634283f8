"""What comes before the model: checked input, looked-up features, repeats that are found again."""
