"""Accounts of the ready-made project: django-allauth, closed to whom nobody has invited."""
