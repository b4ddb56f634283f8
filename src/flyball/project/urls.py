"""The ready-made project's paths."""

from django.contrib import admin
from django.urls import include, path

from flyball.project.joining import JoinAsNew
from flyball.project.signing_in import SignIn, SignOut

urlpatterns = [
    path("sign-in", SignIn.as_view(), name="flyball-sign-in"),
    path("sign-out", SignOut.as_view(), name="flyball-sign-out"),
    path("join/<str:text>", JoinAsNew.as_view(), name="flyball-join"),
    path("admin/", admin.site.urls),
    path("", include("flyball.urls")),
]
