"""The management API as it is described to programs: OpenAPI."""
