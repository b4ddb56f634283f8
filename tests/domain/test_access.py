"""Roles include others; a key is known by its digest, once keys have been read, and until it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flyball.domain.access import HeldKey, Keyring, Principal, key_digest
from flyball.domain.errors import Forbidden, NotReady, Unauthenticated

OWNER = Principal(team="hospital", role="owner")


@pytest.mark.parametrize(
    ("role", "needed", "may"),
    [
        ("owner", "owner", True),
        ("owner", "viewer", True),
        ("member", "member", True),
        ("member", "owner", False),
        ("viewer", "member", False),
        ("viewer", "caller", False),
        ("caller", "caller", True),
        ("caller", "viewer", False),
        ("caller", "member", False),
        ("member", "caller", True),
        ("nonsense", "viewer", False),
    ],
)
def test_a_role_may_what_it_includes(role: str, needed: str, may: bool) -> None:
    principal = Principal(team="hospital", role=role)
    if may:
        principal.require(needed)
    else:
        with pytest.raises(Forbidden):
            principal.require(needed)


def test_a_key_is_known_by_its_digest() -> None:
    keyring = Keyring({key_digest("fb_mine"): HeldKey(OWNER)})
    assert keyring.principal("fb_mine") == OWNER
    with pytest.raises(Unauthenticated):
        keyring.principal("fb_other")


def test_a_key_ends_when_its_moment_comes_though_nothing_is_read_again() -> None:
    ended, lasting = (datetime.now(UTC) + timedelta(seconds=away) for away in (-0.001, 60))
    keys = {"fb_ended": HeldKey(OWNER, ended), "fb_lasting": HeldKey(OWNER, lasting)}
    keyring = Keyring({key_digest(text): held for text, held in keys.items()})
    assert keyring.principal("fb_lasting") == OWNER
    with pytest.raises(Unauthenticated):
        keyring.principal("fb_ended")


def test_only_keys_that_let_somebody_in_are_noted_as_used() -> None:
    keyring = Keyring({key_digest("fb_mine"): HeldKey(OWNER)})
    with pytest.raises(Unauthenticated):
        keyring.principal("fb_other")
    keyring.principal("fb_mine")
    assert keyring.used == {key_digest("fb_mine")}


def test_before_keys_have_been_read_none_is_called_wrong() -> None:
    with pytest.raises(NotReady):
        Keyring().principal("fb_mine")
