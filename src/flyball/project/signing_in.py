"""Signing in and out of the ready-made project, in the console's own look."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import render


class SignIn(views.LoginView):
    """``GET`` and ``POST /sign-in``."""

    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Where to go on; never here again, which Django takes for a loop and a mistake."""
        url = super().get_redirect_url()
        return "" if url.partition("?")[0] == self.request.path else url

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        """The form, and what was wrong with it."""
        return render(self.request, "sign_in.html", {"title": "Sign in", **context})


class SignOut(views.LogoutView):
    """``POST /sign-out``."""
