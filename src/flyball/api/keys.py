"""API keys: listed, issued, revoked by a team's owners."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.view import ManagementView, actor, body, page
from flyball.control.accounts import selectors, services
from flyball.control.accounts.models import ApiKey
from flyball.domain.errors import Forbidden, InvalidInput, NotFound, Problem
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
        keys = page(request, selectors.keys(_owned(request)), "id")
        return Response({"keys": [_key(key) for key in keys]})

    def post(self, request: Request) -> Response:
        """Issue a key: ``key`` is its text, shown this once. ``team`` may be left out by who owns one."""
        owned = _owned(request)
        sent: dict[str, Any] = body(request, KEY)
        if len(sent["label"]) > LONGEST_LABEL:
            raise _wrong("label", "too_long", f"At most {LONGEST_LABEL} characters.")
        if sent["team"] is None and len(owned) > 1:
            raise _wrong("team", "missing", "Say which team's key this is.")
        slug = sent["team"] or owned[0]
        if slug not in owned:
            raise NotFound("There is no team of that name.")
        key, text = services.issue_key(team=selectors.team(slug), role=sent["role"], label=sent["label"])
        return Response({**_key(key), "key": text}, status=201, headers={"Cache-Control": "no-store"})


class OneKey(ManagementView):
    """``DELETE /api/keys/{number}``."""

    roles = {"DELETE": "owner"}

    def delete(self, request: Request, number: int) -> Response:
        """Revoke a key."""
        key = selectors.keys(_owned(request)).filter(pk=number).first()
        if key is None:
            raise NotFound("There is no key of that number.")
        services.revoke_key(key=key)
        return Response(status=204)


def _owned(request: Request) -> list[str]:
    teams: list[str] = actor(request).teams("owner")
    if not teams:
        raise Forbidden("This needs the role owner.")
    return teams


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
