"""The documents of what is inside a version, as types."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flyball.api.described.documents import Moment
from flyball.serving.http.described.shapes import Document


class Table(Document):
    """A table of a diagnosis."""

    columns: list[str]
    rows: list[list[Any]]


class Diagnosis(Document):
    """A version asked about rows that one build held out; tables are empty until they are computed."""

    endpoint: str
    version: int
    on: int
    snapshot: str
    seed: int
    status: str
    error: str
    job: UUID | None
    asked_at: Moment
    done_at: Moment | None
    seconds: float | None
    rows: int | None
    metric: str | None
    positive: str | None
    threshold: float | None
    may_know: bool | None
    lacking: dict[str, str] | None
    tables: dict[str, Table] | None


class Written(Document):
    """What people have written on a card; ``of`` is the version before whose card it still is."""

    intended_use: str
    limits: str
    owners: str
    of: int | None
    revision: int
    changed_by: str | None
    changed_at: Moment | None


class Scores(Document):
    """A version's scores: of rows held out, of its folds, and the report of its diagnostics."""

    metric: str | None
    held_out: float | None
    folds: list[float | None]
    interval: list[float] | None
    report: list[dict[str, Any]]


class Card(Document):
    """The model card of a version."""

    version: str
    endpoint: str
    number: int
    description: str
    task: str
    classes: list[str]
    made_at: Moment
    written: Written
    learned_from: dict[str, Any] | None
    how: dict[str, Any]
    scores: Scores
    slices: list[dict[str, Any]]
    importance: list[dict[str, Any]]
    fields: list[dict[str, Any]]
    environment: dict[str, Any]
    answered: str
    weighing: list[str]
    out_of_fold: list[str]


DOCUMENTS = (Diagnosis, Card)
