"""Flyball's paths in any Django project: ``path("ml/", include("flyball.urls"))``."""

from __future__ import annotations

from django.urls import include, path, re_path

from flyball.api.door import door

urlpatterns = [
    path("", include("flyball.console.urls")),  # first: it has a page below api/
    path("api/", include("flyball.api.urls")),
    # A newline too is for the door to refuse.
    re_path(r"^v1/(?P<rest>[\s\S]*)$", door, name="flyball-door"),
]
