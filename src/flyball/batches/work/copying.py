"""The rows of a declared batch, copied from the database as they are at one moment."""

from __future__ import annotations

from pathlib import Path

from flyball.batches.answering.pinned import Pinned
from flyball.batches.declared import source_of
from flyball.batches.places import unchanged
from flyball.batches.reading.rows import Plan
from flyball.control.datasets.sources.staging import staging
from flyball.domain.batches.declared import Batch
from flyball.domain.declaration import Endpoint
from flyball.snapshots import expressions, ordered
from flyball.snapshots.features import reading
from flyball.snapshots.workspace import workspace


def copied(pinned: Pinned, declaration: type[Endpoint], batch: Batch, target: Path) -> Plan:
    """Copy the rows in the order of their key, with what goes along and what the version is asked with.

    Raises ``DataError`` as snapshots do for what cannot be read.
    """
    sent = pinned.manifest.schema.of("request").names
    source = source_of(declaration, batch, sent)
    with workspace(target.parent) as work:
        with staging(work) as stage:
            stage.begin(source)
            staged = stage.stage(source)
        readings = [
            reading(declaration, staged, name) if name in sent else expressions.as_it_is(staged, name)
            for name in staged.names
        ]
        rows = ordered.write(work, staged, readings, target)
    return Plan(str(target), unchanged(str(target)), "typed", staged.names, rows, is_copied=True)
