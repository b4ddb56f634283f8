"""What the workers of a build share: units as rows, what is made of a fit, and steps."""
