"""Flyball's addresses in any Django project: ``path("ml/", include("flyball.urls"))``."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("api/", include("flyball.api.urls"))]
