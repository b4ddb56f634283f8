"""Joining a team of the ready-made project, also for who has no account yet."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from django.contrib.auth.forms import BaseUserCreationForm
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import refusal, render
from flyball.console.pages.joining import Join
from flyball.control.accounts import selectors, services
from flyball.domain.errors import Conflict, FlyballError
from flyball.project.models import User


class NewUser(BaseUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A name and a password, twice."""

    class Meta:
        model = User
        fields = ("username",)


class JoinAsNew(Join):
    """``GET`` and ``POST /join/{text}``: an invitation is what it takes to get an account."""

    def welcome(self, request: HttpRequest, *args: Any, text: str, **kwargs: Any) -> Any:
        """Make an account, be signed in and a member: all, or nothing."""
        try:
            invitation = selectors.invitation(text)
            form = NewUser(request.POST if request.method == "POST" else None)
            if request.method != "POST" or not form.is_valid():
                context = {"title": "Join a team", "invitation": invitation, "form": form}
                return render(request, "join_as_new.html", context)
            return self._made(request, text, form)
        except FlyballError as error:
            return refusal(request, error)

    def _made(self, request: HttpRequest, text: str, form: NewUser) -> HttpResponse:
        user = form.save(commit=False)  # its password takes long to digest: nobody waits for the database
        try:
            with transaction.atomic():
                user.save()
                services.accept(text=text, user=user)
        except IntegrityError:
            raise Conflict("Somebody has just taken that name: go back and choose another.") from None
        answer: HttpResponse = perform_login(request, user, redirect_url=reverse("flyball-home"))
        return answer
