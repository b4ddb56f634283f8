"""What is compiled answers as scikit-learn does."""
