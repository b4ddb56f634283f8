"""Accounts in Django's admin: keys can be seen and revoked there, not made."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from flyball.control.accounts import services
from flyball.control.accounts.models import ApiKey, Membership, Team


class Immutable(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """A table that is only looked at: its rows are what happened."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is lost."""
        return False


class Memberships(admin.TabularInline):  # type: ignore[type-arg]  # as above
    """Who belongs to a team."""

    model = Membership
    extra = 0
    raw_id_fields = ["user"]


@admin.register(Team)
class Teams(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Teams with their members."""

    list_display = ["slug", "name", "created_at"]
    inlines = [Memberships]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Published routes name the team by its slug: it stays."""
        return [] if obj is None else ["slug"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A team's keys would go with it, and with them who did what."""
        return False


@admin.register(ApiKey)
class Keys(Immutable):
    """Keys by label."""

    list_display = [
        "label",
        "team",
        "role",
        "endpoints",
        "created_at",
        "ends_at",
        "revoked_at",
        "last_used_at",
    ]
    list_filter = ["team", "role"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Take keys back for good."""
        for key in keys:
            services.revoke_key(key=key)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever might change keys, were they changeable, may revoke them."""
        return super(Immutable, self).has_change_permission(request)
