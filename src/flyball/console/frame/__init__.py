"""What every page stands on: who looks, what is around a page, styles, and how values are written."""
