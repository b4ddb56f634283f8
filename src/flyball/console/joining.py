"""Joining a team: who has an invitation and is signed in accepts it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from flyball.console.page import Page, refusal, render, to, to_sign_in
from flyball.control.accounts import selectors, services
from flyball.domain.errors import FlyballError


@method_decorator(csrf_protect, name="dispatch")  # as for other pages
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
        return to_sign_in(request)

    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        """Which team, and as what."""
        context = {"title": "Join a team", "invitation": selectors.invitation(text), "user": request.user}
        return render(request, self.template, context)

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        """Become a member."""
        services.accept(text=text, user=request.user)
        return to("flyball-home")
