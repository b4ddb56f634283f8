"""The server's own list of what an artifact may hold, read before anything is built from it."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Sequence
from typing import Any

import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.inference import structure

TRUSTED = (
    "flyball.inference.transformers.Calendar",
    "flyball.inference.transformers.Words",
    "numpy.dtype",
    "sklearn._loss.link.Interval",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.tree._tree.Tree",
)
"""Types beyond scikit-learn's public estimators, numpy's arrays and plain containers."""

CONSTRUCTING = threading.RLock()
"""Held while an artifact is read: one at a time in a process.

NumPy reads an array's header with ``ast.literal_eval``, and CPython 3.11 counts the depth of that recursion
in one place for all threads. Where the garbage collector lets another thread read a header meanwhile, one of
both ends with a ``SystemError``, and a sound artifact looks corrupt: 32 of 6,000 loads in eight threads.
"""


def audit(data: bytes, trusted: Sequence[str] = ()) -> None:
    """Check an artifact's types without building anything.

    ``trusted`` are the user's own types, as ``module.Class``. Raises ``ArtifactUntrusted`` that names what
    is not allowed, also for anything that is not a skops file: what a file is called does not matter.
    """
    try:
        found = skops.io.get_untrusted_types(data=data)
    except Exception:  # noqa: BLE001 - a crafted file may fail in any way, and each is a refusal
        raise ArtifactUntrusted("The artifact is not a skops file.") from None
    strange = sorted(set(found) - set(TRUSTED) - set(trusted))
    if strange:
        raise ArtifactUntrusted(f"The artifact holds types that are not trusted: {', '.join(strange)}.")


def construct(data: bytes, trusted: Sequence[str] = ()) -> Any:
    """The audited content of an artifact. Raises ``ArtifactUntrusted`` or ``ArtifactCorrupt``."""
    audit(data, trusted)
    try:
        with CONSTRUCTING:
            model = skops.io.loads(data, trusted=[*TRUSTED, *trusted])
        structure.check(model)
        return model
    except ArtifactCorrupt:
        raise
    except UntrustedTypesFoundException as error:
        raise ArtifactUntrusted from error
    except Exception as error:  # noqa: BLE001 - as above
        raise ArtifactCorrupt(f"The artifact cannot be read here ({type(error).__name__}).") from None


def dump(model: Any) -> bytes:
    """A model as a skops artifact."""
    buffer = io.BytesIO()
    skops.io.dump(model, buffer, compression=zipfile.ZIP_DEFLATED, compresslevel=3)
    return buffer.getvalue()
