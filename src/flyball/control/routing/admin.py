"""Routes in Django's admin, to look at: ``apply`` and ``promote`` change them."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.routing.models import RouteRevision


@admin.register(RouteRevision)
class RouteRevisions(Immutable):
    """Every route there has been."""

    list_display = ["endpoint", "number", "kind", "reason", "created_by", "created_at"]
    list_filter = ["endpoint"]
