"""A person's word on outcomes: bound by hand to a prediction, or taken back. Each leaves a row behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from flyball.control.connection import database, raw
from flyball.control.routing import selectors
from flyball.control.routing.models import Outcome, OutcomeChange, Prediction
from flyball.domain.errors import Conflict, Erased, NotFound, UnknownPrediction
from flyball.stores import binding

State = Outcome.State


@transaction.atomic
def resolve_outcome(*, endpoint: str, outcome: int, prediction: UUID, user: Any = None) -> Outcome:
    """Bind an outcome that found no prediction of its own to one of the same endpoint.

    Raises ``NotFound``, ``UnknownPrediction``, ``Erased``, and ``Conflict`` where the outcome is bound or
    retracted already.
    """
    found = _locked(endpoint, outcome)
    if found.state not in selectors.UNBOUND:
        raise Conflict(f"The outcome is {found.state} already.")
    chosen = Prediction.objects.filter(pk=prediction, endpoint=endpoint).first()
    if chosen is None:
        raise UnknownPrediction
    if chosen.erased_at is not None:
        raise Erased
    _note(found, OutcomeChange.Kind.RESOLUTION, prediction, user)
    found.state, found.prediction, found.bound_by = State.BOUND, prediction, Outcome.BoundBy.PERSON
    found.save(update_fields=["state", "prediction", "bound_by"])
    return found


@transaction.atomic
def retract_outcome(*, endpoint: str, outcome: int, user: Any = None) -> Outcome:
    """Take an outcome back: it no longer counts, and the one before it does. It stays in its table.

    Raises ``NotFound``, and ``Conflict`` where it is retracted already.
    """
    found = _locked(endpoint, outcome)
    if found.state == State.RETRACTED:
        raise Conflict("The outcome is retracted already.")
    _note(found, OutcomeChange.Kind.RETRACTION, found.prediction, user)
    found.state = State.RETRACTED
    found.save(update_fields=["state"])
    return found


def _locked(endpoint: str, outcome: int) -> Outcome:
    """The outcome, which no commit of the data plane binds and no erasure blanks meanwhile."""
    binding.lock(database(), raw(), [endpoint], alone=True)
    found = Outcome.objects.select_for_update().filter(pk=outcome, endpoint=endpoint).first()
    if found is None:
        raise NotFound("The endpoint has no outcome of that number.")
    return found


def _note(outcome: Outcome, kind: OutcomeChange.Kind, prediction: UUID | None, user: Any) -> None:
    OutcomeChange.objects.create(
        outcome=outcome, kind=kind, before=outcome.state, prediction=prediction, created_by=user
    )
