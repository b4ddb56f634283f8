"""API keys: listed, issued, revoked by a team's owners."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.view import ManagementView, actor, body, page
from flyball.control.accounts import selectors, services
from flyball.control.accounts.models import ApiKey
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.schema import Field, Kind, Schema

KEY = Schema(
    (
        Field(name="role", kind=Kind.TEXT),
        Field(name="label", kind=Kind.TEXT),
        Field(name="team", kind=Kind.TEXT, nullable=True),
    )
)
LONGEST_LABEL = 200


class Keys(ManagementView):
    """``GET`` and ``POST /api/keys``."""

    roles = {"GET": "owner", "POST": "owner"}

    def get(self, request: Request) -> Response:
        """A page of the keys of the teams that the actor owns, newest first."""
        keys = page(request, selectors.visible_keys(actor(request)), "id")
        return Response({"keys": [_key(key) for key in keys]})

    def post(self, request: Request) -> Response:
        """Issue a key: ``key`` is its text, shown this once. ``team`` may be left out by who owns one."""
        selectors.owned_teams(actor(request))  # who owns none learns nothing of the body
        sent: dict[str, Any] = body(request, KEY)
        if len(sent["label"]) > LONGEST_LABEL:
            raise _wrong("label", "too_long", f"At most {LONGEST_LABEL} characters.")
        team = selectors.owned_team(actor(request), sent["team"])
        key, text = services.issue_key(team=team, role=sent["role"], label=sent["label"])
        return Response({**_key(key), "key": text}, status=201, headers={"Cache-Control": "no-store"})


class OneKey(ManagementView):
    """``DELETE /api/keys/{number}``."""

    roles = {"DELETE": "owner"}

    def delete(self, request: Request, number: int) -> Response:
        """Revoke a key."""
        services.revoke_key(key=selectors.visible_key(actor(request), number))
        return Response(status=204)


def _wrong(field: str, code: str, message: str) -> InvalidInput:
    return InvalidInput("The body does not fit.", problems=[Problem(f"/{field}", code, message)])


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.pk,
        "label": key.label,
        "team": key.team.slug,
        "role": key.role,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
