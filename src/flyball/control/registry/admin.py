"""Builds and versions in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.registry.models import Build, BuildUnit, CandidateResult, Version


@admin.register(Build)
class Builds(Immutable):
    """Builds, newest first."""

    list_display = ["id", "endpoint", "status", "metric", "reproducible", "started_at", "finished_at"]
    list_filter = ["endpoint", "status"]


@admin.register(BuildUnit)
class BuildUnits(Immutable):
    """What searches have tried."""

    list_display = ["build", "candidate", "rung", "point", "fold", "scores", "seconds", "done_at"]
    list_filter = ["candidate", "rung"]


@admin.register(CandidateResult)
class CandidateResults(Immutable):
    """Leaderboards."""

    list_display = ["build", "rank", "name", "held_out_score", "trials", "seconds"]
    list_filter = ["name"]
    exclude = ["manifest"]  # for servers, and long


@admin.register(Version)
class Versions(Immutable):
    """Versions."""

    list_display = ["endpoint", "number", "created_at", "archived_at"]
    list_filter = ["endpoint"]
    exclude = ["manifest"]  # as above
