"""Which snapshots hold a person: their files are searched by key and entity."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from flyball.control.datasets import selectors
from flyball.control.datasets.models import Snapshot
from flyball.domain.errors import DataError
from flyball.domain.values import Scalar, label_text

ROWS = 64 * 1024
"""Rows of a file that are looked at together."""


def snapshots_of(
    endpoint: str, *, entity: Mapping[str, Scalar], keys: Sequence[str]
) -> tuple[list[Snapshot], list[Snapshot]]:
    """An endpoint's snapshots with a row of the entity or of a key; and those that are not here."""
    held, not_here = [], []
    for snapshot in selectors.snapshots(endpoint):
        try:
            path = selectors.snapshot_path(snapshot)
        except DataError:
            not_here.append(snapshot)
            continue
        if _holds(path, entity, keys):
            held.append(snapshot)
    return held, not_here


def _holds(path: Path, entity: Mapping[str, Scalar], keys: Sequence[str]) -> bool:
    import pyarrow as pa  # a web process has no pyarrow to load
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    names = [f"{_json(name)}:{_json(label_text(value))}" for name, value in entity.items()]
    wanted = pa.array(keys, pa.string())
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROWS, columns=["_key", "_entity"]):
            is_named = pc.is_in(batch.column("_key"), value_set=wanted)
            if names:
                every = [pc.match_substring(batch.column("_entity"), name) for name in names]
                is_entity = every[0]
                for each in every[1:]:
                    is_entity = pc.and_(is_entity, each)
                is_named = pc.or_(is_named, pc.fill_null(is_entity, False))
            if pc.any(is_named).as_py():
                return True
    return False


def _json(text: str) -> str:
    """As an entity's text spells it: quotes inside are escaped, so that only whole names and values fit."""
    return json.dumps(text, ensure_ascii=False)
