"""Outcomes: those that belong to no prediction, and a person's word on them."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page
from flyball.control.routing import selectors, services
from flyball.control.routing.models import Outcome
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.forms import read_id

RESOLUTION = Schema((Field(name="prediction", kind=Kind.TEXT),))
STATES = tuple(Outcome.State.values)
QUERY = {"state": {"type": "string", "enum": list(STATES), "required": True}, **PAGED}


class Outcomes(ManagementView):
    """``GET /api/endpoints/{endpoint}/outcomes?state=ambiguous``."""

    roles = {"GET": "viewer"}

    @described(listed("outcomes", documents.Outcome), query=QUERY)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of the outcomes in one state."""
        name = self.endpoint(request, endpoint).name
        every = selectors.outcomes(name, _state(request))
        return Response({"outcomes": [shown(one) for one in page(request, every, "id")]})


class ResolveOutcome(ManagementView):
    """``POST /api/endpoints/{endpoint}/outcomes/{number}/resolve``: ``{"prediction": "…"}``."""

    roles = {"POST": "member"}

    @described(documents.Outcome, "conflict", "unknown_prediction", "erased", takes=RESOLUTION)
    def post(self, request: Request, endpoint: str, number: int) -> Response:
        """The outcome, bound to the prediction."""
        name = self.endpoint(request, endpoint).name
        identity = read_id(str(body(request, RESOLUTION)["prediction"]))
        if identity is None:
            problem = Problem("/prediction", "wrong_type", "Expected an id.")
            raise InvalidInput("The body does not fit.", problems=[problem])
        resolved = services.resolve_outcome(
            endpoint=name, outcome=number, prediction=identity, user=actor(request).user
        )
        return Response(shown(resolved))


class RetractOutcome(ManagementView):
    """``POST /api/endpoints/{endpoint}/outcomes/{number}/retract``: ``{}``."""

    roles = {"POST": "member"}

    @described(documents.Outcome, "conflict", takes=Schema(()))
    def post(self, request: Request, endpoint: str, number: int) -> Response:
        """The outcome, which counts no longer."""
        name = self.endpoint(request, endpoint).name
        body(request, Schema(()))
        taken = services.retract_outcome(endpoint=name, outcome=number, user=actor(request).user)
        return Response(shown(taken))


def shown(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it was sent, with what became of it."""
    return {
        "number": outcome.pk,
        "state": outcome.state,
        "prediction": outcome.prediction,
        "bound_by": outcome.bound_by,
        "reference": outcome.reference,
        "entity": json.loads(outcome.entity_key) if outcome.entity_key else None,
        "value": outcome.value,
        "occurred_at": outcome.occurred_at,
        "source": outcome.source,
        "received_at": outcome.received_at,
    }


def _state(request: Request) -> str:
    state: str = request.query_params.get("state", "")
    if state not in STATES:
        problem = Problem("?state", "wrong_type", f"Expected one of {', '.join(STATES)}.")
        raise InvalidInput("The query does not fit.", problems=[problem])
    return state
