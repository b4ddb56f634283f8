"""Diagnoses in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.diagnostics.models import Diagnosis


@admin.register(Diagnosis)
class Diagnoses(Immutable):
    """Diagnoses, newest first."""

    list_display = ["endpoint", "version", "on", "asked_at", "done_at", "seconds"]
    list_filter = ["endpoint"]
