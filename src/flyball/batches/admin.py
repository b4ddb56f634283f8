"""Batches in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.batches.models import Batch, Upload
from flyball.control.accounts.admin import Immutable


@admin.register(Batch)
class Batches(Immutable):
    """Batches, newest first."""

    list_display = ["endpoint", "version", "source", "out", "asked_by", "asked_at", "done_at"]
    list_filter = ["endpoint"]
    list_select_related = ["asked_by"]


@admin.register(Upload)
class Uploads(Immutable):
    """Files that were sent here, newest first."""

    list_display = ["endpoint", "name", "bytes", "uploaded_by", "uploaded_at"]
    list_filter = ["endpoint"]
    list_select_related = ["uploaded_by"]
