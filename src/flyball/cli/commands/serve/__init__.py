"""Serve: everything on one port, or each plane alone."""
