"""Charts of diagnostics, from the tables of one version, or of several on the same rows."""
