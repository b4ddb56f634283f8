"""A fitted pipeline as a compiled version, or the reason why it is none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flyball.domain.errors import FlyballError
from flyball.domain.routing import Artifact, Manifest
from flyball.domain.schema import Schema
from flyball.domain.values import Scalar
from flyball.inference.compiled import document
from flyball.inference.runtime import Runtime, opened, verify
from flyball.learning.compiling import gate
from flyball.learning.compiling.joint import followed
from flyball.learning.compiling.preprocessing import started
from flyball.learning.compiling.reasons import NotCompiled
from flyball.learning.compiling.writing import encoder
from flyball.learning.dataset import Dataset

UNUSED = "The compiled version answers."
"""Why a pipeline does not, beside one that is compiled."""


def with_compiled(
    manifest: Manifest, model: Any, fitted: Runtime, dataset: Dataset
) -> tuple[Manifest, bytes | None, dict[str, Any]]:
    """The manifest with a compiled artifact that answers, its bytes, and what the gate found.

    Without bytes the manifest is as it was, and ``reason`` among what was found says why. ``fitted`` is the
    model as the scikit-learn runtime asks it; all rows of ``dataset`` are compared. Raises nothing: a version
    that is not compiled is served by scikit-learn.
    """
    try:
        data = as_document(model, manifest.schema, manifest.task, manifest.classes)
        complete, runtime = _opened(manifest, data)
        verdict = gate.compared(fitted, runtime, dataset, manifest.schema)
        found = gate.facts(verdict)
        if verdict.reason:
            return manifest, None, {**found, "reason": verdict.reason}
        verify(complete, runtime)
    except (NotCompiled, FlyballError) as reason:
        return manifest, None, {"reason": str(reason)}
    except Exception as error:  # noqa: BLE001 - a model of the user's own may lack what its type has
        return manifest, None, {"reason": f"It cannot be compiled ({type(error).__name__})."}
    return complete, data, found


def as_document(model: Any, schema: Schema, task: str, classes: Sequence[Scalar] = ()) -> bytes:
    """A fitted pipeline, or an estimator alone, as the file of a compiled version. Raises ``NotCompiled``.

    ``classes`` are its labels, in the order of its probabilities.
    """
    columns, estimator = followed(model, started(schema), task)
    return document.written(schema, encoder(columns), estimator, classes)


def _opened(manifest: Manifest, data: bytes) -> tuple[Manifest, Runtime]:
    artifact = Artifact(
        role="compiled",
        digest=hashlib.sha256(data).hexdigest(),
        runtime="compiled",
        tolerance=gate.LARGEST_ERROR,
    )
    others = tuple(replace(each, unused=UNUSED) for each in manifest.artifacts)
    complete = replace(manifest, artifacts=(artifact, *others))
    return complete, opened(complete, data)
