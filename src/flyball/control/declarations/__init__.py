"""Endpoints as they have been applied; finding and checking their declarations."""
