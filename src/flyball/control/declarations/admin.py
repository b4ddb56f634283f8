"""Endpoints in Django's admin, to look at: ``apply`` changes them."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.declarations.models import Endpoint


@admin.register(Endpoint)
class Endpoints(Immutable):
    """Endpoints that have been applied."""

    list_display = ["name", "team", "task", "applied_at", "retired_at"]
    list_filter = ["team", "task"]
