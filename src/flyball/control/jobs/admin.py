"""Jobs in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.jobs.models import Job


@admin.register(Job)
class Jobs(Immutable):
    """Jobs, newest first."""

    list_display = ["id", "kind", "endpoint", "status", "attempt", "asked_at", "finished_at"]
    list_filter = ["kind", "status", "endpoint"]
