"""The file of what explains a version: data beside its compiled one, or alone where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.schema import Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.compiled.arrays import Array
from flyball.typed import known

FORMAT = 1
LARGEST = 1024 * 1024 * 1024
"""Bytes of a file."""


class Linear(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="linear"):
    """``means`` (columns,) of the rows that a linear model learned from."""

    means: Array


class Trees(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="trees"):
    """``covers`` (splits, 2): the weight of the rows that went left and right at each split in training.

    ``background`` (rows, columns), where there is one, are rows that answers are compared with instead.
    """

    covers: Array
    background: Array | None = None


class Distances(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="distances"):
    """``means`` and ``variances`` (columns,) of the rows that clusters were found in."""

    means: Array
    variances: Array


class Ablation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ablation"):
    """``base`` (classes,) or (1,): the mean answer. ``values``: of each field, in order, what it may be.

    Each is a value and its share of the rows.
    """

    base: Array
    values: tuple[tuple[tuple[Scalar, float], ...], ...]


Basis = Linear | Trees | Distances | Ablation
"""Any of them: a tagged union, as msgspec reads it."""


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What explains a version; ``fields`` are its schema's names and kinds.

    ``compiled`` is the SHA-256 of the compiled artifact that it belongs to; empty where it needs none.
    ``changeable`` are the fields that a counterfactual may change.
    """

    format: int
    fields: tuple[tuple[str, Kind], ...]
    compiled: str
    basis: Basis
    changeable: tuple[str, ...] = ()


class _Opening(msgspec.Struct):
    format: int


known(_Opening, Document)


def written(schema: Schema, compiled: str, basis: Basis, changeable: Iterable[str] = ()) -> bytes:
    """The file for a version with that schema, that compiled artifact, and these fields to be changed."""
    return msgspec.msgpack.encode(Document(FORMAT, _fields(schema), compiled, basis, tuple(changeable)))


def read(data: bytes, schema: Schema, compiled: str) -> Document:
    """What a file holds. Raises ``ArtifactCorrupt`` for one that is not such a file, is of another format or
    schema, or belongs to another compiled artifact.
    """
    if len(data) > LARGEST:
        raise ArtifactCorrupt(f"The artifact is longer than {LARGEST} bytes.")
    if _decoded(data, _Opening).format != FORMAT:
        raise ArtifactCorrupt("The artifact has a format that this release does not read.")
    document: Document = _decoded(data, Document)
    if not set(document.changeable) <= set(schema.names):
        raise ArtifactCorrupt("The artifact names fields that the version does not have.")
    if document.fields != _fields(schema) or document.compiled not in {"", compiled}:
        raise ArtifactCorrupt("The artifact was made for another version.")
    if not document.compiled and not isinstance(document.basis, Ablation):
        raise ArtifactCorrupt("The artifact lacks the compiled version that it belongs to.")
    return document


def _decoded(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ArtifactCorrupt("The artifact does not say why a version answers as it does.") from None


def _fields(schema: Schema) -> tuple[tuple[str, Kind], ...]:
    return tuple((field.name, field.kind) for field in schema.fields)
