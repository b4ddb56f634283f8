"""One module a subject, like the management API."""
