"""A version keeps what compiling it has shown, all its artifacts, and loses them together."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures

from flyball import Candidate
from flyball.control.registry import selectors, services
from flyball.control.registry.compiling import compiling_text, runtime_of
from flyball.control.registry.models import Artifact, ArtifactPart, CandidateResult, Version
from flyball.control.registry.removing import remove_content
from flyball.stores.database import Database
from tests.registry import small

pytestmark = pytest.mark.storage
OWN = make_pipeline(
    make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["job"]), remainder="passthrough"),
    PolynomialFeatures(2),
    LogisticRegression(max_iter=5000),
)


def test_a_version_of_the_catalogue_is_compiled_and_says_how_it_was_proven(
    tmp_path: Path, database: Database
) -> None:
    _, version = small.version(tmp_path)
    found = version.facts["compiling"]
    assert (found["rows"], found["alone"], found["flips"]) == (60, 60, 0)
    assert found["largest_error"] <= 1e-6
    assert found["microseconds"] > 0
    assert runtime_of(version) == "compiled"
    assert compiling_text(version).startswith("Compiled: 60 rows answered as by scikit-learn")


def test_a_version_that_is_not_compiled_says_which_step_is_why(tmp_path: Path, database: Database) -> None:
    _, version = small.version(tmp_path, candidates=(Candidate("mine", OWN),))
    assert runtime_of(version) == "scikit-learn"
    said = compiling_text(version)
    assert said.startswith("Answered by scikit-learn. The step 'polynomialfeatures' is a PolynomialFeatures")
    assert selectors.loaded(version).predict([{"age": 60, "job": "cook"}])[0]["label"] == "yes"


def test_a_pipeline_that_was_fitted_elsewhere_is_compiled_too(tmp_path: Path, database: Database) -> None:
    declaration, snapshot = small.snapshot(tmp_path)
    dataset = selectors.dataset(snapshot, "classification")
    model = make_pipeline(OWN[0], OWN[-1]).fit(dataset.frame, dataset.labels)
    version = services.register_fitted(declaration=declaration, snapshot=snapshot, pipeline=model)
    assert runtime_of(version) == "compiled"
    assert version.facts["compiling"]["rows"] == 60


def test_a_version_of_which_nothing_is_known_says_nothing() -> None:
    assert compiling_text(Version(manifest={}, facts={})) == ""
    assert runtime_of(Version(manifest={}, facts={})) == "–"


def test_every_artifact_is_stored_and_goes_with_its_version(tmp_path: Path, database: Database) -> None:
    _, version = small.version(tmp_path)
    digests = {each.digest for each in selectors.manifest(version).artifacts}
    assert len(digests) == 3
    assert digests <= set(Artifact.objects.values_list("digest", flat=True))
    CandidateResult.objects.update(manifest=None)
    remove_content(version)
    assert not Artifact.objects.filter(digest__in=digests).exists()
    assert not ArtifactPart.objects.filter(digest__in=digests).exists()
