"""API keys are shown once, kept as SHA-256, bound to a team and a role, and can be taken back."""

from __future__ import annotations

import hashlib

import pytest
from django.core import serializers

from flyball.control.accounts import selectors, services
from flyball.control.accounts.models import ApiKey, Team
from flyball.domain.errors import Conflict, InvalidInput, Unauthenticated

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return services.create_team(slug="lending", name="Lending")


def test_a_key_holds_256_random_bits_and_no_two_are_alike(team: Team) -> None:
    texts = {services.issue_key(team=team, role="member", label="web")[1] for _ in range(20)}
    assert len(texts) == 20
    assert all(text.startswith("fb_") and len(text) == 3 + 43 for text in texts)


def test_only_the_sha_256_of_a_key_is_stored(team: Team) -> None:
    key, text = services.issue_key(team=team, role="member", label="web")
    assert key.digest == hashlib.sha256(text.encode()).hexdigest()
    assert text not in serializers.serialize("json", ApiKey.objects.all())


def test_a_key_stands_for_its_team_and_role(team: Team) -> None:
    _, text = services.issue_key(team=team, role="viewer", label="board")
    actor = selectors.actor_of_key(selectors.key_of(text))
    assert (actor.roles, actor.endpoints, actor.is_limited) == ({"lending": "viewer"}, None, False)


def test_a_revoked_key_stands_for_nobody(team: Team) -> None:
    key, text = services.issue_key(team=team, role="owner", label="old")
    services.revoke_key(key=key)
    with pytest.raises(Unauthenticated):
        selectors.key_of(text)


def test_revoking_twice_keeps_the_first_moment(team: Team) -> None:
    key, _ = services.issue_key(team=team, role="owner", label="old")
    first = services.revoke_key(key=key).revoked_at
    assert services.revoke_key(key=key).revoked_at == first


@pytest.mark.parametrize("text", ["", "fb_", "fb_" + "A" * 43, "\ud800", "x" * 10_000])
def test_a_key_that_was_never_issued_stands_for_nobody(text: str) -> None:
    with pytest.raises(Unauthenticated):
        selectors.key_of(text)


def test_a_role_that_does_not_exist_is_refused_and_not_echoed(team: Team) -> None:
    with pytest.raises(InvalidInput) as caught:
        services.issue_key(team=team, role="emperor", label="")
    assert "emperor" not in str(caught.value)


def test_two_teams_cannot_share_a_slug(team: Team) -> None:
    with pytest.raises(Conflict):
        services.create_team(slug="lending", name="Another")


@pytest.mark.parametrize("slug", ["", "Lending", "a b", "a/b", "-a", "x" * 51, "a\n", "é"])
def test_a_team_is_named_plainly(slug: str) -> None:
    with pytest.raises(InvalidInput):
        services.create_team(slug=slug)
