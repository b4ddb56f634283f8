"""Model selection, in the world of scikit-learn; no Django."""
