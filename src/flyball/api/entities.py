"""Entities: the fields of feature tables that are declared writable."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described.operations import described
from flyball.api.view import ManagementView, body
from flyball.control.datasets import services
from flyball.control.declarations import discovery
from flyball.domain.schema import Field, Kind, Schema

VALUES = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
"""Features by their names."""


class Entity(ManagementView):
    """``PATCH /api/endpoints/{endpoint}/entities/{key}``: ``{"age": 41}``."""

    roles = {"PATCH": "member"}

    @described(VALUES, "unknown_entity", "conflict", takes=VALUES)
    def patch(self, request: Request, endpoint: str, key: str) -> Response:
        """Update an entity's features through the model's own validation; the values as they are now."""
        name = self.endpoint(request, endpoint).name
        return Response(
            services.update_entity(
                declaration=discovery.find(name), key=key, values=body(request, _schema(request))
            )
        )


def _schema(request: Request) -> Schema:
    """Any field of any scalar kind: whether it fits is for the model to say, once it can be stored."""
    sent = request.data if isinstance(request.data, dict) else {}
    return Schema(tuple(Field(name=name, kind=_kind(value), nullable=True) for name, value in sent.items()))


def _kind(value: object) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int):
        return Kind.INTEGER
    return Kind.NUMBER if isinstance(value, float) else Kind.TEXT
