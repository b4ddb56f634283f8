"""The ready-made project's paths."""

from django.contrib import admin
from django.urls import include, path

from flyball.project.signing_in import SignIn, SignOut

urlpatterns = [
    path("sign-in", SignIn.as_view(), name="flyball-sign-in"),
    path("sign-out", SignOut.as_view(), name="flyball-sign-out"),
    path("admin/", admin.site.urls),
    path("", include("flyball.urls")),
]
