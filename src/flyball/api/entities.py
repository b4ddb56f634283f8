"""Entities: the fields of feature tables that are declared writable."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.view import ManagementView
from flyball.control.datasets import services
from flyball.control.endpoints import discovery
from flyball.domain.errors import InvalidInput, Problem


class Entity(ManagementView):
    """``PATCH /api/endpoints/{endpoint}/entities/{key}``: ``{"age": 41}``."""

    roles = {"PATCH": "member"}

    def patch(self, request: Request, endpoint: str, key: str) -> Response:
        """Update an entity's features through the model's own validation; the values as they are now."""
        name = self.endpoint(request, endpoint).name
        if not isinstance(request.data, dict):
            raise InvalidInput(problems=[Problem("", "wrong_type", "Expected an object.")])
        return Response(services.update_entity(discovery.find(name), key, request.data))
