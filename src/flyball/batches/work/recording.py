"""Answers become predictions, some hundred in a commit, each group once however often it is asked."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from uuid_utils.compat import uuid7

from flyball.batches.answering.answered import Answered
from flyball.batches.answering.pinned import Pinned
from flyball.batches.answering.slow import Asked
from flyball.batches.models import Batch
from flyball.control.connection import database
from flyball.domain.records import Prediction, digest, now
from flyball.domain.values import label_text
from flyball.serving.recording.meter import Meter
from flyball.stores import minutes, records
from flyball.stores.records import Submission

GROUP = 500
"""Predictions of one commit: on SQLite others wait for the write lock meanwhile."""


class Recording:
    """Writes predictions on a connection of its own."""

    def __init__(self, batch: Batch, pinned: Pinned) -> None:
        self._batch = batch
        self._pinned = pinned
        self._database = database()
        self._connection = self._database.connect()
        self._meter = Meter()

    def close(self) -> None:
        """Close the connection."""
        with suppress(self._database.driver.Error):
            self._connection.close()

    def record(self, start: int, asked: Asked, found: Answered) -> list[str]:
        """Record the answers to rows of which ``start`` are before; their ids, in order.

        Those that an attempt before has recorded are given again.
        """
        every = self._predictions(asked, found)
        ids: list[str] = []
        for first in range(0, len(every), GROUP):
            some = every[first : first + GROUP]
            row = start + int(found.places[first])
            key = digest([self._batch.endpoint_id, "batch", self._batch.pk, row, len(some)])
            request = digest([[each.entity, each.input, each.reference] for each in some])
            submission = Submission(predictions=tuple(some), idempotency=key, request=request)
            with self._database.transaction(self._connection) as connection:
                (result,) = records.write(self._database, connection, [submission])
                if isinstance(result, Exception):
                    raise result
                if result[0].id == some[0].id:  # no repeat
                    self._meter.answered(result)
                    minutes.add(self._database, connection, self._meter.take())
            ids += [str(each.id) for each in result]
        return ids

    def _predictions(self, asked: Asked, found: Answered) -> list[Prediction]:
        pinned, moment = self._pinned, now()
        identities = sorted(uuid7() for _ in found.places)
        return [
            Prediction(
                id=identities[number],
                endpoint=self._batch.endpoint_id,
                version=pinned.manifest.number,
                arm=pinned.arm,
                route=pinned.route.number,
                input=asked.rows[place].values,
                output=output,
                decision=None if pinned.decision is None else pinned.decision.decide(output),
                warnings=tuple(asked.rows[place].warnings),
                entity=asked.rows[place].entity,
                reference=asked.rows[place].row.reference,
                created_at=moment,
            )
            for number, (place, output) in enumerate(
                zip(found.places.tolist(), self._outputs(found), strict=True)
            )
        ]

    def _outputs(self, found: Answered) -> list[dict[str, Any]]:
        manifest = self._pinned.manifest
        rows = found.numbers.tolist()
        if manifest.task == "regression":
            return [
                {"value": row[0], "interval": row[1:]} if len(row) > 1 else {"value": row[0]} for row in rows
            ]
        if manifest.task == "anomaly_detection":
            return [{"score": score, "is_anomaly": bool(flag)} for score, flag in rows]
        if found.labels is None:
            return [{"cluster": int(row[0])} for row in rows]
        names = [label_text(label) for label in manifest.classes]
        return [
            {"label": manifest.classes[place], "probabilities": dict(zip(names, row, strict=True))}
            for place, row in zip(found.labels.tolist(), rows, strict=True)
        ]
