"""Carry: a version as a folder, for git or for another server."""
