"""Model selection and packaging."""
