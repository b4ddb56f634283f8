"""Uploads and links in Django's admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from flyball.control.accounts.admin import Immutable
from flyball.control.asking.models import AskLink, Upload


@admin.register(Upload)
class Uploads(Immutable):
    """Files, newest first; neither bytes nor values."""

    list_display = ["endpoint", "name", "size", "job", "uploaded_by", "uploaded_at"]
    list_filter = ["endpoint"]
    list_select_related = ["job", "uploaded_by"]


@admin.register(AskLink)
class AskLinks(Immutable):
    """Links for people without an account, newest first; not what stands in their addresses."""

    list_display = ["endpoint", "origins", "created_by", "created_at", "revoked_at"]
    list_filter = ["endpoint"]
    list_select_related = ["created_by"]
