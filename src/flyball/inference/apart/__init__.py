"""A process of its own for each model that is not compiled: the server only sends rows and reads answers."""
