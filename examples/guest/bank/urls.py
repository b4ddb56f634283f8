"""The bank's addresses."""

from django.contrib import admin
from django.urls import include, path

from loans import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("loans/", views.apply_for_loan),
    path("ml/", include("flyball.urls")),  # Flyball: all its doors under one prefix
]
