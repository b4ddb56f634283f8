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


DOCUMENTS = (Diagnosis,)
