"""Predict, on one page: check, look up, answer, commit; every door calls this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flyball.domain.records import Prediction
from flyball.domain.schema import Schema
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.stores.outcomes import Counts
from flyball.stores.routes import Principal

__all__ = ["Call", "Counts", "Engine", "Principal", "Row", "SentOutcome"]


class Engine:
    """What every door calls."""

    def principal(self, key: str) -> Principal:
        """Who the plaintext key belongs to. Raises ``Unauthenticated``."""
        raise NotImplementedError

    def require(self, principal: Principal, role: str) -> None:
        """Raises ``Forbidden`` where the principal's role does not include ``role``."""
        raise NotImplementedError

    async def predict(self, principal: Principal, call: Call) -> list[Prediction]:
        """Answers, one a row, in order, each committed."""
        raise NotImplementedError

    def predict_now(self, principal: Principal, call: Call) -> list[Prediction]:
        """The same, blocking."""
        raise NotImplementedError

    async def predict_entity(self, principal: Principal, endpoint: str, key: str) -> Prediction:
        """The answer for one entity; the stored one where input and version are unchanged."""
        raise NotImplementedError

    async def prediction(self, principal: Principal, identity: UUID) -> Prediction:
        """One stored prediction. Raises ``UnknownPrediction``, ``Erased``."""
        raise NotImplementedError

    async def predictions(
        self,
        principal: Principal,
        *,
        endpoint: str | None = None,
        reference: str | None = None,
        entity: dict[str, Any] | None = None,
        before: UUID | None = None,
        limit: int = 100,
    ) -> list[Prediction]:
        """Stored predictions by reference or entity, newest first, those before the id ``before``."""
        raise NotImplementedError

    async def erase(self, principal: Principal, identity: UUID) -> None:
        """Erase input and output of a prediction; a tombstone stays."""
        raise NotImplementedError

    async def outcomes(self, principal: Principal, outcomes: Sequence[SentOutcome]) -> Counts:
        """Check, store and bind outcomes."""
        raise NotImplementedError

    def status(self, principal: Principal) -> dict[str, Any]:
        """What is in force, what did not load, and how the recorder is."""
        raise NotImplementedError

    def schema(self, principal: Principal, endpoint: str, version: int | None = None) -> Schema:
        """Every field of the endpoint's routed versions: the union."""
        raise NotImplementedError
