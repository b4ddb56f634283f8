"""A small cast: the lending team's keys, one of each role, and a stranger who owns another team."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from flyball.api.wrong_keys import WRONG_KEYS
from flyball.control.accounts import services as accounts
from flyball.control.registry.models import Version
from flyball.control.routing import services
from flyball.domain.access import ROLES
from flyball.stores.database import Database
from tests.registry import small

Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_wrong_keys_yet() -> None:
    """What earlier tests tried is forgotten."""
    WRONG_KEYS.forget("127.0.0.1")


@pytest.fixture
def keys(database: Database) -> dict[str, str]:
    """Each one's key."""
    lending, sales = accounts.ensure_team(slug="lending"), accounts.ensure_team(slug="sales")
    cast = dict.fromkeys(ROLES, lending)
    made = {role: accounts.issue_key(team=team, role=role)[1] for role, team in cast.items()}
    made["elsewhere"] = accounts.issue_key(team=lending, role="owner", endpoints=["elsewhere"])[1]
    return {**made, "stranger": accounts.issue_key(team=sales, role="owner")[1]}


@pytest.fixture
def ask(keys: dict[str, str]) -> Ask:
    """``ask(who, method, path, body)``: the answer; ``who`` is one of the cast, a key, or ``None``."""

    def ask(
        who: str | None, method: str, path: str, body: Any = None, address: str = "127.0.0.1", **headers: str
    ) -> Any:
        if who is not None:
            headers["Authorization"] = f"Bearer {keys.get(who, who)}"
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        client = Client(headers=headers, REMOTE_ADDR=address)
        return client.generic(method, f"/api/{path}", **_encoded(content))

    return ask


@pytest.fixture
def version(tmp_path: Path, database: Database) -> Version:
    """``purchase@1`` of the lending team, applied and not promoted."""
    declaration, made = small.version(tmp_path, team="lending")
    services.apply(declarations={declaration.name: declaration})
    return made


def _encoded(content: dict[str, Any]) -> dict[str, Any]:
    if "data" in content and not isinstance(content["data"], bytes):
        content["data"] = json.dumps(content["data"])
    return content
