"""From a fit to what the registry keeps: its artifacts, and the manifest that proves them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flyball.domain.errors import BuildFailed, GoldenMismatch
from flyball.domain.finishing.finish import Finish
from flyball.domain.routing import Artifact, Manifest
from flyball.domain.schema import Schema
from flyball.domain.values import Scalar, canonical
from flyball.domain.weighing.declared import Weighing
from flyball.inference import allowlist
from flyball.inference.finished import finished
from flyball.inference.runtime import Runtime, opened, verify, verify_together
from flyball.inference.sklearn_runtime import SklearnRuntime
from flyball.learning.anomalies.flagging import flagging
from flyball.learning.compiling.version import with_compiled
from flyball.learning.dataset import Dataset
from flyball.learning.explaining.making import with_reasons
from flyball.learning.golden import GOLDEN_ROWS, golden_rows
from flyball.learning.selection import Fit
from flyball.learning.trusted import trusted_names

__all__ = ["GOLDEN_ROWS", "Package", "package", "packaged", "trusted_names"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A version before it has a number.

    ``files`` are its artifacts by SHA-256; ``compiling`` is what compiling it has shown, with the ``reason``
    where it is not compiled, and the method by which its answers are explained (``reasons``), or why not.
    """

    manifest: Manifest
    files: Mapping[str, bytes]
    compiling: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answering(self) -> bytes:
        """The artifact that answers."""
        return self.files[self.manifest.answering.digest]


def package(
    fit: Fit, dataset: Dataset, schema: Schema, *, endpoint: str, task: str, trusted: Sequence[str] = ()
) -> Package:
    """A fit as artifacts and their manifest (number 0: not yet a version).

    Raises ``BuildFailed`` for a candidate that failed, ``ArtifactUntrusted`` where the pipeline holds types
    that are neither on the allow-list nor ``trusted``, ``GoldenMismatch`` where the artifact does not answer
    as the pipeline does.
    """
    if fit.pipeline is None:
        raise BuildFailed(f"The candidate {fit.name!r} has no fit: {fit.error}")
    return packaged(
        fit.pipeline, dataset, schema, endpoint=endpoint, task=task, trusted=trusted, finish=fit.finish
    )


def packaged(
    model: Any,
    dataset: Dataset,
    schema: Schema,
    *,
    endpoint: str,
    task: str,
    trusted: Sequence[str] = (),
    background: int = 0,
    changeable: Sequence[str] = (),
    finish: Finish | None = None,
    weighing: Weighing | None = None,
) -> Package:
    """Any fitted pipeline over the schema's frame, as ``package`` does it.

    ``background`` is how many rows the answers of trees are compared with to explain them; with none they
    are explained by the rows that went each way in training. ``changeable`` are fields that a person can
    change. ``finish`` is what predictions out of fold have shown, ``weighing`` what rows counted in its fit,
    where that is known.
    """
    if task == "anomaly_detection" and finish is None:
        finish = flagging(model, None, dataset)
    data = allowlist.dump(model)
    digest = hashlib.sha256(data).hexdigest()
    manifest = Manifest(
        endpoint=endpoint,
        number=0,
        task=task,
        artifacts=(Artifact(role="pipeline", digest=digest, runtime="scikit-learn"),),
        schema=schema,
        classes=_classes(model, task),
        finish=finish,
        weighing=weighing or Weighing(),
    )
    loaded = opened(manifest, data, trusted)
    complete = replace(manifest, golden=_golden(loaded, dataset, schema))
    fitted = finished(SklearnRuntime(model, schema, task), finish, manifest.classes)
    _same_as_fitted(complete, fitted)
    verify(complete, loaded)
    complete, compiled, compiling = with_compiled(complete, model, fitted, dataset)
    answering = loaded if compiled is None else opened(complete, compiled)
    complete, reasons, method = with_reasons(
        complete, model, answering, compiled, dataset, background, changeable
    )
    files = [each for each in (data, compiled, reasons) if each is not None]
    return Package(
        manifest=complete,
        files={hashlib.sha256(each).hexdigest(): each for each in files},
        compiling=compiling | {"reasons": method},
    )


def _classes(model: Any, task: str) -> tuple[Scalar, ...]:
    if task != "classification":
        return ()
    return tuple(canonical(label) for label in model.classes_)


def _golden(runtime: Runtime, dataset: Dataset, schema: Schema) -> Any:
    rows = golden_rows(dataset, schema)
    return tuple(zip(rows, runtime.predict(rows), strict=True))


def _same_as_fitted(manifest: Manifest, fitted: Runtime) -> None:
    """The artifact must answer as the pipeline it was made of, not only as itself.

    That rows alone get the same answers is the artifact's own matter: it is what will be served.
    """
    try:
        verify_together(manifest, fitted)
    except GoldenMismatch:
        raise GoldenMismatch("The artifact does not answer as the fitted pipeline does.") from None
