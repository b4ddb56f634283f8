"""API keys: listed, issued, revoked by a team's owners."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page
from flyball.control.accounts import selectors, services
from flyball.control.accounts.models import ApiKey
from flyball.control.declarations.selectors import check_named
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import parse_end
from flyball.serving.http.described.shapes import object_of

KEY = Schema(
    (
        Field(name="role", kind=Kind.TEXT),
        Field(name="label", kind=Kind.TEXT),
        Field(name="team", kind=Kind.TEXT, nullable=True),
        Field(name="ends_at", kind=Kind.TEXT, nullable=True),
    )
)
NAMES = {"type": ["array", "null"], "items": {"type": "string"}, "minItems": 1}
MOST_ENDPOINTS = 1000
NEW_KEY = object_of(KEY)
NEW_KEY["properties"]["endpoints"] = {**NAMES, "maxItems": MOST_ENDPOINTS}


class Keys(ManagementView):
    """``GET`` and ``POST /api/keys``."""

    roles = {"GET": "owner", "POST": "owner"}

    @described(listed("keys", documents.Key), query=PAGED)
    def get(self, request: Request) -> Response:
        """A page of the keys of the teams that the actor owns, newest first."""
        keys = page(request, selectors.visible_keys(actor(request)), "id")
        return Response({"keys": [_key(key) for key in keys]})

    @described(documents.NewKey, "unknown_endpoint", takes=NEW_KEY, status=(201,))
    def post(self, request: Request) -> Response:
        """Issue a key: ``key`` is its text, shown this once. ``team`` may be left out by who owns one."""
        selectors.owned_teams(actor(request))  # who owns none learns nothing of the body
        names = _names(request)
        sent: dict[str, Any] = body(request, KEY, besides={"endpoints"})
        team = selectors.owned_team(actor(request), sent["team"])
        check_named(actor(request), team, names)
        key, text = services.issue_key(
            team=team,
            role=sent["role"],
            label=sent["label"],
            endpoints=names,
            ends_at=_end(sent["ends_at"]),
            user=actor(request).user,
        )
        return Response({**_key(key), "key": text}, status=201, headers={"Cache-Control": "no-store"})


class OneKey(ManagementView):
    """``DELETE /api/keys/{number}``."""

    roles = {"DELETE": "owner"}

    @described(None, status=(204,))
    def delete(self, request: Request, number: int) -> Response:
        """Revoke a key."""
        services.revoke_key(key=selectors.visible_key(actor(request), number))
        return Response(status=204)


def _names(request: Request) -> list[str]:
    """The endpoints that the key is for. Raises ``InvalidInput`` for what is not a list of names."""
    sent = request.data.get("endpoints") if isinstance(request.data, dict) else None
    if sent is None:
        return []
    if not isinstance(sent, list) or not sent or not all(isinstance(name, str) for name in sent):
        raise _wrong("endpoints", "wrong_type", "Expected a list of endpoints' names, or nothing.")
    if len(sent) > MOST_ENDPOINTS:
        raise _wrong("endpoints", "too_many", f"At most {MOST_ENDPOINTS} names.")
    return sent


def _end(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_end(text)
    except ValueError:
        raise _wrong("ends_at", "wrong_type", "Expected a date or a moment in ISO 8601.") from None


def _wrong(field: str, code: str, message: str) -> InvalidInput:
    return InvalidInput("The body does not fit.", problems=[Problem(f"/{field}", code, message)])


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.pk,
        "label": key.label,
        "team": key.team.slug,
        "role": key.role,
        "endpoints": key.endpoints,
        "created_by": key.created_by and key.created_by.get_username(),
        "created_at": key.created_at,
        "ends_at": key.ends_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
