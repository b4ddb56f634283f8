"""Each role includes those below it, in its own team alone."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from flyball.control.accounts import selectors, services
from flyball.control.accounts.selectors import Actor
from flyball.domain.errors import Forbidden, NotFound

RULES = [
    # held, asked, allowed
    ("owner", "owner", True),
    ("owner", "member", True),
    ("owner", "viewer", True),
    ("member", "owner", False),
    ("member", "member", True),
    ("member", "viewer", True),
    ("viewer", "owner", False),
    ("viewer", "member", False),
    ("viewer", "viewer", True),
]


@pytest.mark.parametrize(("held", "asked", "allowed"), RULES)
def test_a_role_includes_those_below_it(held: str, asked: str, allowed: bool) -> None:
    actor = Actor({"lending": held})
    if allowed:
        actor.require("lending", asked)
    else:
        with pytest.raises(Forbidden):
            actor.require("lending", asked)
    assert actor.teams(asked) == (["lending"] if allowed else [])


def test_another_team_does_not_exist() -> None:
    with pytest.raises(NotFound):
        Actor({"lending": "owner"}).require("sales", "viewer")


@pytest.mark.django_db
def test_a_user_has_the_role_of_each_membership() -> None:
    user = get_user_model().objects.create_user("ada")
    for slug, role in (("lending", "owner"), ("sales", "viewer")):
        services.add_member(team=services.create_team(slug=slug), user=user, role=role)
    assert dict(selectors.actor(user).roles) == {"lending": "owner", "sales": "viewer"}


@pytest.mark.django_db
def test_the_newest_role_of_a_member_counts() -> None:
    user = get_user_model().objects.create_user("ada")
    team = services.create_team(slug="lending")
    services.add_member(team=team, user=user, role="owner")
    services.add_member(team=team, user=user, role="viewer")
    assert dict(selectors.actor(user).roles) == {"lending": "viewer"}


@pytest.mark.django_db
def test_a_superuser_without_membership_has_no_role() -> None:
    root = get_user_model().objects.create_superuser("root")
    services.create_team(slug="lending")
    assert dict(selectors.actor(root).roles) == {}
