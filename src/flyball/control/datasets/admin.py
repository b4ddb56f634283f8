"""Snapshots in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.datasets.models import Snapshot


@admin.register(Snapshot)
class Snapshots(Immutable):
    """Snapshots, newest first."""

    list_display = ["endpoint", "digest", "row_count", "outcome_count", "created_at"]
    list_filter = ["endpoint"]
