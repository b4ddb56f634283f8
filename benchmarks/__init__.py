"""What is measured, by whoever wants to know; nothing here is a test."""
