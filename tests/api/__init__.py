"""The management API, the doors through Django, and the client."""
