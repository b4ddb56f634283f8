"""Compiling a fitted pipeline to data that is served without scikit-learn."""
