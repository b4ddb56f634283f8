"""Roles include the lesser ones; a key is known by its digest, once keys have been read."""

from __future__ import annotations

import pytest

from flyball.domain.access import Keyring, Principal, key_digest
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
        ("nonsense", "viewer", False),
    ],
)
def test_each_role_includes_the_lesser_ones(role: str, needed: str, may: bool) -> None:
    principal = Principal(team="hospital", role=role)
    if may:
        principal.require(needed)
    else:
        with pytest.raises(Forbidden):
            principal.require(needed)


def test_a_key_is_known_by_its_digest() -> None:
    keyring = Keyring({key_digest("fb_mine"): OWNER})
    assert keyring.principal("fb_mine") == OWNER
    with pytest.raises(Unauthenticated):
        keyring.principal("fb_other")


def test_before_keys_have_been_read_none_is_called_wrong() -> None:
    with pytest.raises(NotReady):
        Keyring().principal("fb_mine")
