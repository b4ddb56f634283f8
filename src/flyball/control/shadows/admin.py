"""Shadows and what they answered, in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.shadows.models import Shadow


@admin.register(Shadow)
class Shadows(Immutable):
    """Shadows, newest first."""

    list_display = ["endpoint", "version", "since", "ended_at"]
    list_filter = ["endpoint"]
    ordering = ["-id"]
