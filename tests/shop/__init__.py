"""A small shop: the Django models that tests declare endpoints on."""
