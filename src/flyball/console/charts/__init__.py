"""Charts of the console in the grammar Vega-Lite, as plain dictionaries; each gives a ``Figure``."""
