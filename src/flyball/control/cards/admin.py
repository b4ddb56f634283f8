"""Cards in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.cards.models import Card


@admin.register(Card)
class Cards(Immutable):
    """What was written on cards, newest first."""

    list_display = ["endpoint", "version", "revision", "changed_by", "changed_at"]
    list_filter = ["endpoint"]
    list_select_related = ["changed_by"]
