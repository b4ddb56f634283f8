"""The HTTP door of the data plane."""
