"""Declared batches: found by their names, and settled for one moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flyball.batches.buckets import is_remote
from flyball.batches.formats import refuse_unknown
from flyball.batches.options import Options
from flyball.control.datasets.places import base
from flyball.control.datasets.sources import model_source
from flyball.domain.batches.declared import Batch
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import NotFound
from flyball.domain.values import timestamp_text
from flyball.snapshots.source import Source


def find(declaration: type[Endpoint], name: str) -> Batch:
    """A batch of a declaration. Raises ``NotFound``, which lists those that are declared."""
    for each in declaration.batches:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in declaration.batches) or "none"
    raise NotFound(f"{declaration.name} declares no batch of that name. Declared: {known}.")


def options(declaration: type[Endpoint], batch: Batch, moment: datetime) -> Options:
    """What a batch of a moment is asked for with. Raises ``DataError`` for rows of no model that there is."""
    source = source_of(declaration, batch, ())
    keep = batch.keep
    if keep is None and not source.origin.file:
        keep = (str(source.key),)  # of people in a table no more goes into a file than who they are
    return Options(
        reference=batch.reference,
        keep=keep,
        record=batch.record,
        max_rejects=batch.max_rejects,
        as_of=source.time or "",
        moment=timestamp_text(moment),
    )


def out_of(batch: Batch, moment: datetime) -> str:
    """Where the answers of a batch of a moment go; a slash at the end stays. Raises ``InvalidInput``."""
    name = batch.out_at(moment)
    refuse_unknown(name, "/out")
    if is_remote(name):
        return name
    return f"{base() / name}{'/' if name.endswith('/') else ''}"


def source_of(declaration: type[Endpoint], batch: Batch, sent: Sequence[str]) -> Source:
    """The rows of a batch as a source, with what is ``sent`` to a version of them.

    Raises ``DataError`` for a model that there is not.
    """
    rows = batch.rows
    needed = [*(batch.keep or ()), batch.reference, *sent, *declaration.entity_columns()]
    source = Source(
        label=f"{declaration.__name__}.batches, batch {batch.name!r}",
        name="rows",
        origin=rows.origin,
        key=rows.key,
        time=rows.time,
        columns=(),
        needed=tuple(name for name in dict.fromkeys(needed) if name),
    )
    return model_source.settle(source)[0] if source.origin.model else source
