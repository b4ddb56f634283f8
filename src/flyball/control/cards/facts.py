"""The facts of a card: everything on it that nobody writes by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flyball.control.cards import selectors
from flyball.control.cards.models import Card
from flyball.control.diagnostics import selectors as diagnostics
from flyball.control.diagnostics.models import Diagnosis
from flyball.control.registry import selectors as registry
from flyball.control.registry.compiling import compiling_text
from flyball.control.registry.models import Version
from flyball.control.registry.side_by_side import fact
from flyball.domain.errors import Conflict
from flyball.domain.schema import Field
from flyball.domain.values import label_text, moment_text, timestamp_text

WORST = 10
"""Slices on a card."""
SHOWN = 8
"""Categories of a field that are named."""


def document(version: Version) -> dict[str, Any]:
    """A version's card: facts by part, and what is written on it."""
    manifest = registry.manifest(version)
    found = _diagnosis(version)
    return {
        "version": str(version),
        "endpoint": version.endpoint_id,
        "number": version.number,
        "description": version.endpoint.description,
        "task": manifest.task,
        "classes": [label_text(each) for each in manifest.classes],
        "made_at": timestamp_text(version.created_at),
        "written": written(selectors.written(version), version),
        "learned_from": fact(version, "snapshot") or None,
        "how": {
            "candidate": fact(version, "candidate"),
            "parameters": fact(version, "parameters") or {},
            "trials": fact(version, "trials"),
            "seed": fact(version, "seed"),
        },
        "scores": {
            "metric": fact(version, "metric"),
            "held_out": fact(version, "held_out_score"),
            "folds": fact(version, "fold_scores") or [],
            "interval": _interval(found),
            "report": [] if found is None else diagnostics.table(found, "report"),
        },
        "slices": [] if found is None else diagnostics.table(found, "slices")[:WORST],
        "importance": [] if found is None else diagnostics.table(found, "importance")[:WORST],
        "fields": [_field(each) for each in manifest.schema.fields],
        "environment": fact(version, "environment") or {},
        "answered": compiling_text(version),
        "weighing": list(manifest.weighing.sentences),
        "out_of_fold": [] if manifest.finish is None else list(manifest.finish.notes),
    }


def written(card: Card | None, version: Version) -> dict[str, Any]:
    """What is written on a card; of which version's, and who has written it."""
    return {
        "intended_use": "" if card is None else card.intended_use,
        "limits": "" if card is None else card.limits,
        "owners": "" if card is None else card.owners,
        "of": None if card is None or card.version == version.number else card.version,
        "revision": 0 if card is None or card.version != version.number else card.revision,
        "changed_by": None if card is None or card.changed_by is None else card.changed_by.get_username(),
        "changed_at": None if card is None else moment_text(card.changed_at),
    }


def _diagnosis(version: Version) -> Diagnosis | None:
    try:
        found = diagnostics.of(version)
    except Conflict:  # fitted elsewhere
        return None
    return found if found is not None and found.done_at is not None else None


def _interval(found: Diagnosis | None) -> Sequence[float] | None:
    score = None if found is None else next(iter(diagnostics.table(found, "score")), None)
    return None if score is None or score["lower"] is None else [score["lower"], score["upper"]]


def _field(field: Field) -> dict[str, Any]:
    if field.categories:
        values = ", ".join(label_text(each) for each in field.categories[:SHOWN])
        more = len(field.categories) - SHOWN
        values += f" and {more} more" if more > 0 else ""
    else:
        values = "" if field.low is None or field.high is None else f"{field.low:g} to {field.high:g}"
    return {
        "name": field.name,
        "kind": field.kind.value,
        "source": field.source,
        "may_be_missing": field.nullable,
        "values": values,
        "unseen": field.unseen,
    }
