"""Schedules in Django's admin, to look at: services change them."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.schedules.models import Schedule, ScheduledRun


@admin.register(Schedule)
class Schedules(Immutable):
    """Schedules, and when each is due."""

    list_display = ["endpoint", "name", "times", "timezone", "kind", "next_due_at", "paused_at", "fault"]
    list_filter = ["kind", "endpoint"]


@admin.register(ScheduledRun)
class ScheduledRuns(Immutable):
    """Their runs, newest first."""

    list_display = ["schedule", "due_at", "job", "is_joined", "skipped"]
    list_select_related = ["schedule", "job"]
