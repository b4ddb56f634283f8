"""The ready-made project's paths."""

from django.contrib import admin
from django.urls import include, path

from flyball.project.joining import JoinAsNew

urlpatterns = [
    path("", include("flyball.project.accounts.addresses")),
    path("join/<str:text>", JoinAsNew.as_view(), name="flyball-join"),
    path("admin/", admin.site.urls),
    path("", include("flyball.urls")),
]
