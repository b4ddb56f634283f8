"""What explains a version, from its two files: checked bytes in, something that explains out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from flyball.domain.errors import ArtifactCorrupt, ModelFailed, NoReasons
from flyball.domain.reasons.told import Method, Unit
from flyball.domain.routing import REASONS, Artifact, Manifest
from flyball.domain.values import Scalar, label_text
from flyball.inference.compiled import document as compiled_document
from flyball.inference.compiled.columns import Encoder
from flyball.inference.compiled.encoder import Encoding
from flyball.inference.compiled.estimators import Estimator, centres, linear, trees
from flyball.inference.reasons import document
from flyball.inference.reasons.ablation import Ablating
from flyball.inference.reasons.additive import Summing, of_distances, of_linear
from flyball.inference.reasons.explained import (
    NEAR,
    NO_SUM,
    UNITS,
    Explained,
    Explainer,
    Output,
    Row,
    check_sum,
    place_of,
    summed,
)
from flyball.inference.reasons.tree import of_trees
from flyball.inference.runtime import Runtime


def artifact_of(manifest: Manifest) -> Artifact:
    """What explains a version. Raises ``NoReasons`` where nothing does."""
    for each in manifest.artifacts:
        if each.role == REASONS:
            return each
    raise NoReasons


def compiled_of(manifest: Manifest) -> str:
    """The SHA-256 of a version's compiled artifact; empty where it has none."""
    return next((each.digest for each in manifest.artifacts if each.role == "compiled"), "")


def opened(manifest: Manifest, data: bytes, compiled: bytes | None, runtime: Runtime) -> Explainer:
    """What explains a version: ``data`` is its artifact for it, ``compiled`` the compiled one, if it has one.

    ``runtime`` is the version itself. Raises ``NoReasons``, and ``ArtifactCorrupt`` where the bytes are not
    the manifest's or do not fit each other.
    """
    _check_digest(data, artifact_of(manifest).digest)
    digest = compiled_of(manifest)
    found = document.read(data, manifest.schema, digest)
    if isinstance(found.basis, document.Ablation):
        return Ablating(manifest, found.basis, runtime, found.changeable)
    if compiled is None:
        raise ArtifactCorrupt("The compiled artifact that the reasons belong to is missing.")
    _check_digest(compiled, digest)
    return _Adding(manifest, compiled_document.parsed(compiled, manifest.schema), found)


def verify(manifest: Manifest, explainer: Explainer) -> None:
    """Explain the golden answers. Raises ``ModelFailed`` where the parts of one do not add up to it."""
    for row, output in manifest.golden:
        found = explainer.explain(row, output)
        total = found.base + float(found.parts.sum())
        if not abs(total - found.answer) <= NEAR * max(1.0, abs(found.answer)) and found.parts.any():
            raise ModelFailed(NO_SUM)


class _Adding:
    """A compiled version whose number is a sum: parts of columns, added up to parts of their fields."""

    def __init__(
        self, manifest: Manifest, version: compiled_document.Document, found: document.Document
    ) -> None:
        names = manifest.schema.names
        width = version.encoder.width
        kinds = {field.name: field.kind for field in manifest.schema.fields}
        self._encoding = Encoding(version.encoder, kinds)
        self._fields = _fields(version.encoder, names)
        self._count = len(names)
        self.changeable = found.changeable
        self._classes = version.classes
        self.method, self._unit, self._summing = _summing(
            version.estimator, found.basis, width, version.classes
        )
        self.direct = self._summing.is_quick and self._encoding.is_quick
        self.size = self._summing.size

    def explain(self, row: Row, output: Output) -> Explained:
        """Why a row got its output. Raises ``ModelFailed``."""
        of, place = self._explained(output)
        with np.errstate(all="ignore"):
            found = self._summing.explain(np.array(self._encoding.row(row), dtype=np.float64), place)
        parts = summed(found.columns, self._fields, self._count)
        if not np.isfinite(found.answer) or not np.isfinite(parts).all():
            raise ModelFailed("The reasons are numbers that are not finite.")
        check_sum(self._unit, found.answer, output, label_text(of))
        return Explained(self.method, self._unit, of, found.base, found.answer, parts)

    def _explained(self, output: Mapping[str, Any]) -> tuple[Scalar, int]:
        """The class or the cluster whose number is explained, and its place."""
        if self._classes:
            return output["label"], place_of(output["label"], self._classes)
        if "cluster" in output:
            return output["cluster"], int(output["cluster"])
        return None, 0


def _summing(
    estimator: Estimator, basis: document.Basis, width: int, classes: Sequence[Scalar]
) -> tuple[Method, Unit, Summing]:
    if isinstance(estimator, linear.Linear) and isinstance(basis, document.Linear):
        return "linear", UNITS[estimator.link], of_linear(estimator, basis, width, classes)
    if isinstance(estimator, centres.Centres | centres.Halves) and isinstance(basis, document.Distances):
        return "linear", "squared distance", of_distances(estimator, basis, width)
    if isinstance(estimator, trees.Trees) and isinstance(basis, document.Trees):
        method: Method = "tree_path_dependent" if basis.background is None else "tree_interventional"
        return method, UNITS[estimator.link], of_trees(estimator, basis, width)
    raise ArtifactCorrupt("The artifact explains another kind of estimator than the version has.")


def _fields(encoder: Encoder, names: Sequence[str]) -> np.ndarray:
    """Of which field each column is made: its place among ``names``."""
    places = {name: place for place, name in enumerate(names)}
    made = np.empty(encoder.width, dtype=np.int64)
    for numbers in encoder.numbers:
        made[[column.place for column in numbers.columns]] = places[numbers.field]
    for table in encoder.tables:
        made[list(table.places)] = places[table.field]
    for moments in encoder.moments:
        made[[column.place for _, column in moments.columns]] = places[moments.field]
    for words in encoder.words:
        made[[column.place for _, column in words.columns]] = places[words.field]
    return made


def _check_digest(data: bytes, digest: str) -> None:
    if hashlib.sha256(data).hexdigest() != digest:
        raise ArtifactCorrupt
