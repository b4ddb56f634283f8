"""Endpoints and their routes in Django's admin, to look at: ``apply`` and ``promote`` change them."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.endpoints.models import Endpoint, RouteRevision


@admin.register(Endpoint)
class Endpoints(Immutable):
    """Endpoints that have been applied."""

    list_display = ["name", "team", "task", "applied_at"]
    list_filter = ["team", "task"]


@admin.register(RouteRevision)
class RouteRevisions(Immutable):
    """Every route there has been."""

    list_display = ["endpoint", "number", "reason", "created_by", "created_at"]
    list_filter = ["endpoint"]
