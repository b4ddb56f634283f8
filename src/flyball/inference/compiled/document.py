"""The file of a compiled version: an encoder and an estimator, as data that runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.schema import Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.compiled.columns import Encoder
from flyball.inference.compiled.encoder import Encoding
from flyball.inference.compiled.estimators import Estimator, opened
from flyball.inference.compiled.estimators.solver import Solver
from flyball.typed import known

FORMAT = 1
LARGEST = 1024 * 1024 * 1024
"""Bytes of a file. What is read of it is no larger: no number in it says how much to make."""


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A compiled version; ``fields`` are its schema's names and kinds, ``classes`` its labels, in order."""

    format: int
    fields: tuple[tuple[str, Kind], ...]
    classes: tuple[Scalar, ...]
    encoder: Encoder
    estimator: Estimator


class _Opening(msgspec.Struct):
    format: int


def written(schema: Schema, encoder: Encoder, estimator: Estimator, classes: Sequence[Scalar] = ()) -> bytes:
    """The file of a version with that schema, and these labels where it classifies."""
    return msgspec.msgpack.encode(Document(FORMAT, _fields(schema), tuple(classes), encoder, estimator))


known(_Opening, Document)


def read(data: bytes, schema: Schema) -> tuple[Encoding, Solver, Document]:
    """What a file holds, at work. Raises ``ArtifactCorrupt`` for one that is not such a file, is of another
    format or schema, or whose parts do not fit each other.
    """
    document = parsed(data, schema)
    kinds = {field.name: field.kind for field in schema.fields}
    return Encoding(document.encoder, kinds), opened(document.estimator, document.encoder.width), document


def parsed(data: bytes, schema: Schema) -> Document:
    """What a file holds; whether its parts fit each other is not looked at. Raises ``ArtifactCorrupt``."""
    if len(data) > LARGEST:
        raise ArtifactCorrupt(f"The artifact is longer than {LARGEST} bytes.")
    if _decoded(data, _Opening).format != FORMAT:
        raise ArtifactCorrupt("The artifact has a format that this release does not read.")
    document: Document = _decoded(data, Document)
    if document.fields != _fields(schema):
        raise ArtifactCorrupt("The artifact was compiled for another schema.")
    return document


def _decoded(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ArtifactCorrupt("The artifact is no compiled version.") from None


def _fields(schema: Schema) -> tuple[tuple[str, Kind], ...]:
    return tuple((field.name, field.kind) for field in schema.fields)
