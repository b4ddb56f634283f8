"""Joining a team: who has an invitation and is signed in accepts it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from flyball.console.page import Page, refusal, render, to
from flyball.control.accounts import selectors, services
from flyball.domain.errors import FlyballError


class Join(Page):
    """``GET`` and ``POST /join/{text}``."""

    template = "join.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """It takes an invitation and no role."""
        if not hasattr(request, "user"):
            raise Http404
        if not request.user.is_authenticated:
            return self.welcome(request, **kwargs)
        try:
            return super(Page, self).dispatch(request, *args, **kwargs)
        except FlyballError as error:
            return refusal(request, error)

    def welcome(self, request: HttpRequest, text: str) -> Any:
        """What somebody gets who is not signed in."""
        return redirect_to_login(request.get_full_path())

    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        """Which team, and as what."""
        context = {"title": "Join a team", "invitation": selectors.invitation(text), "user": request.user}
        return render(request, self.template, context)

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        """Become a member."""
        services.accept(text=text, user=request.user)
        return to("flyball-home")
