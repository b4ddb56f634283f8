"""A small cast: somebody of the lending team in each role, a stranger who owns another team, and nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from flyball.control.accounts.models import Membership
from flyball.control.accounts.services import ensure_team
from flyball.control.registry.models import Version
from flyball.control.routing import services
from flyball.domain.access import ROLES
from flyball.stores.database import Database
from tests.registry import small

Browser = Callable[[str | None], Client]


@pytest.fixture
def browser(database: Database) -> Browser:
    """``browser(who)``: theirs, signed in; ``None`` is nobody."""

    def browser(who: str | None) -> Client:
        client = Client(enforce_csrf_checks=False)
        if who is not None:
            user, _ = get_user_model().objects.get_or_create(username=who)
            team = ensure_team(slug="sales" if who == "stranger" else "lending")
            role = who if who in ROLES else "owner"
            Membership.objects.get_or_create(user=user, team=team, defaults={"role": role})
            client.force_login(user)
        return client

    return browser


@pytest.fixture
def version(tmp_path: Path, database: Database) -> Version:
    """``purchase@1`` of the lending team, applied and not promoted."""
    declaration, made = small.version(tmp_path, team="lending")
    services.apply(declarations={declaration.name: declaration})
    return made


@pytest.fixture
def promoted(version: Version) -> Any:
    """The same as champion."""
    services.promote(endpoint="purchase", version=version.number)
    return version
