"""The ready-made project's users in Django's admin, and what was predicted and came true, to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.paginator import InfinitePaginator

from flyball.control.accounts.admin import Immutable
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.admin import Versions
from flyball.control.registry.models import Version
from flyball.control.routing.models import Outcome, Prediction
from flyball.control.routing.selectors import route, version_stage
from flyball.project.models import User


@admin.register(User)
class Users(UserAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """People."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


class OfEndpoint(admin.SimpleListFilter):
    """Names come from the few endpoints, never from the rows."""

    title = "endpoint"
    parameter_name = "endpoint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Each endpoint."""
        return [(name, name) for name in Endpoint.objects.order_by("name").values_list("name", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Its rows."""
        return queryset if self.value() is None else queryset.filter(endpoint=self.value())


class Recorded(Immutable):
    """Tables of millions of rows, newest first: nothing counts them."""

    paginator = InfinitePaginator
    ordering = ["-id"]
    list_per_page = 50
    list_filter = [OfEndpoint]
    sortable_by = ()


@admin.register(Prediction)
class Predictions(Recorded):
    """What was answered."""

    list_display = [
        "id",
        "endpoint",
        "version",
        "arm",
        "answered",
        "decision",
        "reference",
        "latency",
        "created_at",
    ]


@admin.register(Outcome)
class Outcomes(Recorded):
    """What came true."""

    list_display = ["id", "endpoint", "state", "prediction", "value", "source", "occurred_at", "received_at"]


admin.site.unregister(Version)


@admin.register(Version)
class StagedVersions(Versions):
    """Versions with what each is worth, and what it does."""

    list_display = ["endpoint", "number", "stage", "score", "created_at", "archived_at"]

    @admin.display
    def stage(self, version: Version) -> str:
        """What the route in force does with it."""
        return version_stage(version, route(version.endpoint_id))

    @admin.display
    def score(self, version: Version) -> str:
        """On the rows that were held out."""
        found = version.facts.get("held_out_score")
        return "–" if found is None else f"{found:.4f}"
