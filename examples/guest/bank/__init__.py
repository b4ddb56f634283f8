"""A bank's Django project, as it was before Flyball came."""

from bank.celery import app as celery_app

__all__ = ["celery_app"]
