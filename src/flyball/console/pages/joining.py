"""Joining a team: who has an invitation and is signed in accepts it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page, render, to
from flyball.control.accounts import selectors, services


class Join(Page):
    """``GET`` and ``POST /join/{text}``: it takes an invitation and no role."""

    template = "join.html"
    roles = {"GET": "", "POST": ""}

    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        """Which team, and as what."""
        context = {"title": "Join a team", "invitation": selectors.invitation(text), "user": request.user}
        return render(request, self.template, context)

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        """Become a member."""
        services.accept(text=text, user=request.user)
        return to("flyball-home")
