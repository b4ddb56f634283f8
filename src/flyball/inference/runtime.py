"""Loading a version: checked bytes in, something that answers out, its golden answers proven."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Container, Mapping, Sequence
from typing import Any, Protocol

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted, GoldenMismatch
from flyball.domain.routing import Manifest, same_output
from flyball.domain.values import Scalar
from flyball.inference.finished import finished

RUNTIMES = {
    "compiled": "flyball.inference.compiled_runtime",
    "scikit-learn": "flyball.inference.sklearn_runtime",
}
"""Which module opens which kind of artifact; imported only when a version needs it."""

TIMES = 4
"""How often a batch holds each golden row: a few rows may be answered as single ones are."""


class Runtime(Protocol):
    """A loaded version. Safe to call from several threads at once.

    ``direct`` says that a row takes it a few microseconds and that it waits for nothing: it is asked on the
    event loop, where a thread of its own would only cost.
    """

    @property
    def direct(self) -> bool:
        """Whether a few rows are answered where they are asked."""

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        """One output a row, in order, for rows that passed the schema's check.

        Classification gives ``{"label": …, "probabilities": {label text: p}}``, regression
        ``{"value": …}``, clustering ``{"cluster": …}``,
        anomaly detection ``{"score": …, "is_anomaly": …}``. Raises ``ModelFailed`` where an output is not
        finite.
        """


def load(manifest: Manifest, data: bytes, trusted: Container[str] = ()) -> Runtime:
    """The version of a manifest, ready to answer.

    ``trusted`` are the names of the user's own types that its artifact may hold.

    Raises ``ArtifactCorrupt`` where the bytes are not the manifest's, ``ArtifactUntrusted`` where they
    hold what is not allowed here, ``GoldenMismatch`` where it answers otherwise than when it was built.
    """
    if hashlib.sha256(data).hexdigest() != manifest.answering.digest:
        raise ArtifactCorrupt
    runtime = opened(manifest, data, trusted)
    verify(manifest, runtime)
    return runtime


def opened(manifest: Manifest, data: bytes, trusted: Container[str] = ()) -> Runtime:
    """The version of a manifest before its golden answers are checked."""
    name = manifest.answering.runtime
    if name not in RUNTIMES:
        raise ArtifactUntrusted("This server has no runtime for the artifact.")
    module = importlib.import_module(RUNTIMES[name])
    runtime: Runtime = finished(module.opened(manifest, data, trusted), manifest.finish, manifest.classes)
    return runtime


def verify(manifest: Manifest, runtime: Runtime) -> None:
    """Ask the golden rows, as one batch and one by one. Raises ``GoldenMismatch``."""
    verify_together(manifest, runtime)
    _compare(manifest, [runtime.predict([row])[0] for row, _ in manifest.golden])


def verify_together(manifest: Manifest, runtime: Runtime) -> None:
    """Ask the golden rows as one batch, each ``TIMES``. Raises ``GoldenMismatch``."""
    if rows := [row for row, _ in manifest.golden] * TIMES:
        _compare(manifest, runtime.predict(rows), TIMES)


def _compare(manifest: Manifest, answers: Sequence[Mapping[str, Any]], times: int = 1) -> None:
    expected, tolerance = [output for _, output in manifest.golden] * times, manifest.answering.tolerance
    if not all(same_output(*pair, tolerance) for pair in zip(expected, answers, strict=True)):
        raise GoldenMismatch
