"""Drawings in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.drawings.models import Drawing


@admin.register(Drawing)
class Drawings(Immutable):
    """Drawings, newest first."""

    list_display = ["endpoint", "subject", "job", "asked_at"]
    list_filter = ["endpoint"]
    list_select_related = ["job"]
    ordering = ["-id"]
