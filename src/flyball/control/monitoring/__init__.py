"""Monitoring: how everything stands, and what needs somebody's attention."""
