"""Diagnostics of versions: computed once by a job, and kept as small tables beside the version."""
