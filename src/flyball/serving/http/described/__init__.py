"""What the doors take and give, as JSON Schema and OpenAPI."""
