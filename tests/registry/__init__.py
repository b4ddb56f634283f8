"""Builds, versions, and versions as folders."""
