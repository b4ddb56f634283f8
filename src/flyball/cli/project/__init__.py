"""The user's Django project: finding it, starting Django in it, its home and its first key."""
