"""Backtests in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.backtests.models import Backtest


@admin.register(Backtest)
class Backtests(Immutable):
    """Backtests, newest first."""

    list_display = ["endpoint", "version", "start", "end", "asked_by", "asked_at"]
    list_filter = ["endpoint"]
    list_select_related = ["asked_by"]
