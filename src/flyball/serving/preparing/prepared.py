"""A call that is ready for the model, and the predictions that the model's outputs become."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from uuid_utils.compat import uuid7

from flyball.domain.errors import Problem
from flyball.domain.records import Prediction, now
from flyball.domain.routing import Route
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.pool import Assigned
from flyball.serving.preparing.features import CheckedRow
from flyball.stores.records import Submission

UNDECIDED = "The endpoint's threshold does not fit this version; nothing is decided."


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A call with everything that the model is asked with, and that its answer is recorded with.

    ``runtime`` answers all rows; ``assigned`` says of each what it is recorded under; ``is_direct`` that the
    model takes no longer than handing it to a thread.
    ``began`` is when the call came (``time.perf_counter_ns``); ``idempotency`` and ``request`` are digests,
    and ``is_once`` is, as in ``Submission``; ``inputs`` is what the model is asked.
    """

    route: Route
    runtime: Runtime
    assigned: Sequence[Assigned]
    rows: Sequence[CheckedRow]
    inputs: Sequence[dict[str, Scalar]]
    idempotency: str | None
    request: str
    began: int
    is_direct: bool = False
    is_once: bool = False

    @property
    def of(self) -> tuple[int, str | None]:
        """The version and the arm of its first row, and of all where one version answers."""
        under = self.assigned[0]
        return under.version.manifest.number, under.arm

    def submission(self, outputs: Sequence[dict[str, Any]], moment: datetime | None = None) -> Submission:
        """The predictions that these outputs become at a ``moment``, now, decided and ready to be stored."""
        identities = [uuid7()] if len(outputs) == 1 else sorted(uuid7() for _ in outputs)
        moment = moment or now()
        latency = (time.perf_counter_ns() - self.began) // 1000
        predictions = tuple(
            Prediction(
                id=identity,
                endpoint=self.route.endpoint,
                version=under.version.manifest.number,
                arm=under.arm,
                route=self.route.number,
                input=row.values,
                output=output,
                decision=decided(under, output),
                warnings=_warnings(under, row),
                entity=row.entity,
                reference=row.row.reference,
                created_at=moment,
                latency=latency,
                test=under.test,
                propensity=under.propensity,
                answered=under.answered,
            )
            for identity, under, row, output in zip(
                identities, self.assigned, self.rows, outputs, strict=True
            )
        )
        return Submission(
            predictions=predictions, idempotency=self.idempotency, request=self.request, is_once=self.is_once
        )


def decided(under: Assigned, output: Mapping[str, Any]) -> str | None:
    """What is decided about an output; ``None`` where the arm decides nothing."""
    decision = under.version.decision
    return None if decision is None else decision.decide(output)


def _warnings(under: Assigned, row: CheckedRow) -> tuple[Problem, ...]:
    if not under.version.is_undecided:
        return tuple(row.warnings) if row.warnings else ()
    return (*row.warnings, Problem(row.row.pointer, "no_decision", UNDECIDED))
