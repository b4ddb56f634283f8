"""Ending one session of one's own, or all others."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.forms import ManageUserSessionsForm
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django import forms
from django.http import HttpRequest


class EndSessions(ManageUserSessionsForm):  # type: ignore[misc]  # allauth is not typed
    """Which one; without a choice, all but this."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        own = UserSession.objects.filter(user=self.request.user.pk)
        self.fields["session"] = forms.ModelChoiceField(own, required=False)

    def save(self, request: HttpRequest) -> None:
        """End it, or them: whoever uses it is signed out with their next request."""
        chosen = self.cleaned_data["session"]
        if chosen is None:
            super().save(request)
        else:
            end_sessions(request, [chosen])
