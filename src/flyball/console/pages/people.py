"""People: who belongs to which team, in which role; invitations, and the way out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Crumb, Page, to
from flyball.console.frame.paging import some
from flyball.control.accounts import selectors, services
from flyball.control.accounts.models import Invitation, Membership
from flyball.domain.access import ROLES


def crumbs() -> list[Crumb]:
    """The way to people."""
    return [("People", reverse("flyball-people"))]


class People(Page):
    """``GET /people?before=…``: who is in the reader's teams, in the order in which they came."""

    template = "people.html"
    section = "flyball-people"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Members, and for owners the invitations that are open."""
        owned = self.actor.teams("owner")
        page = some(request, selectors.members(self.actor.teams("viewer")), "id", oldest_first=True)
        context = {
            "title": "People",
            "members": [_shown(each) for each in page.rows],
            "page": page,
            "invitations": selectors.open_invitations(owned) if page.is_first else (),
            "owned": owned,
            "me": request.user.pk,
        }
        return self.show(context)


class Invite(Page):
    """``GET`` and ``POST /people/invite``: a link into a team, shown this once."""

    template = "invite.html"
    section = "flyball-people"
    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        """The link."""
        team = selectors.owned_team(self.actor, request.POST.get("team") or None)
        made, text = services.invite(team=team, role=request.POST.get("role", ""), user=request.user)
        link = request.build_absolute_uri(reverse("flyball-join", args=[text]))
        return self._page(made=made, link=link)

    def _page(self, **more: Any) -> HttpResponse:
        context = {"title": "Invite", "teams": selectors.owned_teams(self.actor), "role_names": ROLES, **more}
        return self.show(context, crumbs())


class Withdraw(Page):
    """``GET`` and ``POST /people/invitations/{number}/withdraw``: first what that means."""

    template = "withdraw.html"
    section = "flyball-people"
    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Which invitation would end."""
        return self.show({"title": "Withdraw an invitation", "invitation": self._open(number)}, crumbs())

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """End it."""
        services.withdraw(invitation=self._open(number))
        return to("flyball-people")

    def _open(self, number: int) -> Invitation:
        return selectors.open_invitation(number, selectors.owned_teams(self.actor))


class Member(Page):
    """``GET`` and ``POST /people/members/{number}``: another role for somebody."""

    template = "member.html"
    section = "flyball-people"
    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """What can be changed."""
        found = selectors.owned_membership(self.actor, number)
        context = {"title": f"{found.user}", "member": found, "role_names": ROLES}
        return self.show(context, crumbs())

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Change it. Raises ``Conflict`` for a team's last owner."""
        found = selectors.owned_membership(self.actor, number)
        services.change_role(team=found.team, user=found.user, role=request.POST.get("role", ""))
        return to("flyball-people")


class RemoveMember(Page):
    """``POST /people/members/{number}/remove``."""

    roles = {"POST": "owner"}
    sensitive = ("POST",)

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Take somebody out of the team. Raises ``Conflict`` for its last owner."""
        found = selectors.owned_membership(self.actor, number)
        services.remove_member(team=found.team, user=found.user)
        return to("flyball-people")


def _shown(membership: Membership) -> dict[str, Any]:
    user = membership.user
    return {
        "member": membership,
        "name": getattr(user, get_user_model().USERNAME_FIELD),
        "last_login": getattr(user, "last_login", None),
    }
