"""What a version keeps so that its answers can be explained, made beside it."""
