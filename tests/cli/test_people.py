"""People on the command line: other roles, invitations that are open, and their end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from flyball.control.accounts import services
from flyball.control.accounts.models import Invitation, Membership
from flyball.domain.errors import NotFound
from flyball.domain.records import now
from tests.cli.conftest import Typed

pytestmark = pytest.mark.storage


def join(name: str, role: str, team: str = "default") -> Membership:
    user = get_user_model().objects.create_user(name)
    return services.add_member(team=services.ensure_team(slug=team), user=user, role=role)


def test_a_member_gets_another_role_and_the_last_owner_none(typed: Typed) -> None:
    member, _ = join("ada", "viewer"), join("bob", "owner")
    typed("people", "role", "ada", "member")
    member.refresh_from_db()
    assert member.role == "member"
    assert "last owner" in typed("people", "role", "bob", "viewer", exits=5).output
    assert typed.json("people", "role", "ada", "owner")["role"] == "owner"
    typed("people", "role", "bob", "viewer")
    typed("people", "role", "cyd", "viewer", exits=1)
    typed("people", "role", "ada", "viewer", "--team", "sales", exits=1)
    typed("people", "role", "ada", "king", exits=2)


def test_invitations_that_are_open_are_listed_and_withdrawn(typed: Typed) -> None:
    team = services.ensure_team(slug="default")
    over, _ = services.invite(team=team, role="owner", lasts=timedelta(seconds=-1))
    made, text = services.invite(team=team, role="member", user=join("ada", "owner").user)
    (row,) = typed.json("people", "invitations", "--team", "default")
    assert (row["id"], row["role"], row["by"]) == (made.pk, "member", "ada")
    assert text not in typed("people", "invitations").output
    typed("people", "withdraw", str(over.pk), exits=1)
    typed("people", "withdraw", str(made.pk))
    assert typed.json("people", "invitations") == []
    assert Invitation.objects.get(pk=made.pk).ends_at <= now()
    with pytest.raises(NotFound):
        services.accept(text=text, user=join("bob", "viewer").user)
    for number in (str(made.pk), "9" * 30):
        typed("people", "withdraw", number, exits=1)
