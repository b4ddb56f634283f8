"""The admin in the looks of Unfold, for this project alone: every table that others register gets them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from unfold.admin import ModelAdmin, TabularInline
from unfold.sites import UnfoldAdminSite

from flyball.console.frame import assets

ACCOUNTS = {"account", "mfa", "socialaccount", "usersessions"}
"""Apps of allauth: people keep what is in them at ``/account/``; it is nobody else's matter."""


class Site(UnfoldAdminSite):  # type: ignore[misc]  # Unfold is not typed
    """The site that ``admin.site`` is here."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As Django does, dressed; allauth's own tables are left out."""
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else [model_or_iterable]
        shown = [each for each in models if each._meta.app_label not in ACCOUNTS]
        super().register(shown, _dressed(admin_class), **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The addresses of every table that any app registers."""
        admin.autodiscover()
        addresses: list[URLPattern | URLResolver] = super().get_urls()
        return addresses


def mark(request: HttpRequest) -> str:
    """The address of Flyball's sign, for the admin's corner and the tab of a browser."""
    return assets.address("mark.svg")


def _dressed(admin_class: Any) -> Any:
    if admin_class in (None, admin.ModelAdmin):
        return ModelAdmin
    if issubclass(admin_class, ModelAdmin):
        return admin_class
    inlines = [
        type(each.__name__, (each, TabularInline), {}) if issubclass(each, admin.TabularInline) else each
        for each in admin_class.inlines
    ]
    own = {"inlines": inlines, "compressed_fields": False, "show_full_result_count": False}
    return type(admin_class.__name__, (admin_class, ModelAdmin), own)
