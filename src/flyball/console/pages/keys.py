"""API keys: those of the teams that the reader owns; a new one, shown once; revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Crumb, Page, to
from flyball.console.frame.paging import some
from flyball.console.pages import people
from flyball.control.accounts import selectors, services
from flyball.control.declarations.selectors import check_named
from flyball.domain.access import ROLES
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.values import parse_end


def crumbs() -> list[Crumb]:
    """The way to keys."""
    return [*people.crumbs(), ("Keys", reverse("flyball-keys"))]


class Keys(Page):
    """``GET /keys?before=…``: newest first."""

    template = "keys.html"
    section = "flyball-people"
    roles = {"GET": "owner"}

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of keys: never their texts, which nobody knows any more."""
        page = some(request, selectors.visible_keys(self.actor), "id")
        return self.show({"title": "Keys", "page": page, "now": now()})


class NewKey(Page):
    """``GET`` and ``POST /keys/new``."""

    template = "new_key.html"
    section = "flyball-people"
    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        """The key, shown this once."""
        sent = request.POST
        team = selectors.owned_team(self.actor, sent.get("team") or None)
        names = sent.get("endpoints", "").split()
        check_named(self.actor, team, names)
        key, text = services.issue_key(
            team=team,
            role=sent.get("role", ""),
            label=sent.get("label", "").strip(),
            endpoints=names,
            ends_at=_end(sent.get("ends_at", "")),
            user=request.user,
        )
        return self._page(key=key, text=text)

    def _page(self, **more: Any) -> HttpResponse:
        context = {
            "title": "New key",
            "teams": selectors.owned_teams(self.actor),
            "role_names": ROLES,
            **more,
        }
        return self.show(context, crumbs())


class RevokeKey(Page):
    """``GET`` and ``POST /keys/{number}/revoke``: first what that means."""

    template = "revoke.html"
    section = "flyball-people"
    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """What would end."""
        key = selectors.visible_key(self.actor, number)
        return self.show({"title": "Revoke a key", "key": key}, crumbs())

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Revoke it."""
        services.revoke_key(key=selectors.visible_key(self.actor, number))
        return to("flyball-keys")


def _end(text: str) -> datetime | None:
    try:
        return parse_end(text) if text else None
    except ValueError:
        problem = Problem("/ends_at", "wrong_type", "Expected a date or a moment in ISO 8601.")
        raise InvalidInput("The form does not fit.", problems=[problem]) from None
