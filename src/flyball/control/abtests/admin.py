"""A/B tests in Django's admin, to look at: services change them."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.abtests.models import ABTest, Layer, Look
from flyball.control.accounts.admin import Immutable


@admin.register(ABTest)
class ABTests(Immutable):
    """Tests, newest first."""

    list_display = ["endpoint", "number", "created_at", "decided_at", "ended_at", "trouble"]
    list_filter = ["endpoint"]
    ordering = ["-id"]


@admin.register(Layer)
class Layers(Immutable):
    """Layers of teams."""

    list_display = ["team", "name", "held_out", "created_at"]


@admin.register(Look)
class Looks(Immutable):
    """What looks at tests saw."""

    list_display = ["test", "at"]
    list_select_related = ["test"]
