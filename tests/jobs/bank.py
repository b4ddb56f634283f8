"""A host's own Celery app, as Celery's documents have it: it runs Flyball's task beside its own."""

from __future__ import annotations

import os

from celery import Celery

app = Celery("bank", broker=os.environ.get("FLYBALL_BROKER_URL"))
app.autodiscover_tasks()
