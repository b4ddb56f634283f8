"""What the registry keeps of a fit, and what is refused before it gets there."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline

from flyball import Candidate, Search
from flyball.domain.errors import ArtifactUntrusted, BuildFailed
from flyball.domain.routing import Manifest
from flyball.inference import runtime
from flyball.learning.dataset import Dataset
from flyball.learning.package import package, packaged, trusted_names
from flyball.learning.pipeline import prepared
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows
from tests.learning.transformers import Amounts

MINE = Candidate("mine", make_pipeline(Amounts(), LogisticRegression()))


@pytest.fixture
def mine(labelled: Dataset) -> Fit:
    """The fit of a pipeline with a transformer of the user's own."""
    plan = Plan(task="classification", metric="roc_auc", candidates=[MINE], cv=2, search=Search(trials=1))
    return select(labelled, plan)[0]


def kept(fit: Fit, data: Dataset, trusted: tuple[str, ...] = ()) -> tuple[bytes, Manifest]:
    """A fit as the registry keeps it."""
    made = package(fit, data, rows.SCHEMA, endpoint="credit", task="classification", trusted=trusted)
    return made.answering, made.manifest


def test_a_trusted_transformer_travels_with_the_version(labelled: Dataset, mine: Fit) -> None:
    trusted = trusted_names([Amounts])
    assert trusted == ("tests.learning.transformers.Amounts",)
    data, manifest = kept(mine, labelled, trusted)
    assert runtime.load(manifest, data, trusted).predict([row for row, _ in manifest.golden])


def test_a_transformer_that_nobody_trusts_is_named_and_refused(labelled: Dataset, mine: Fit) -> None:
    with pytest.raises(ArtifactUntrusted, match=r"tests\.learning\.transformers\.Amounts"):
        kept(mine, labelled)


def test_a_server_that_does_not_trust_the_transformer_refuses_the_version(
    labelled: Dataset, mine: Fit
) -> None:
    data, manifest = kept(mine, labelled, trusted_names([Amounts]))
    with pytest.raises(ArtifactUntrusted):
        runtime.load(manifest, data)


def test_a_candidate_that_failed_cannot_be_kept(labelled: Dataset) -> None:
    with pytest.raises(BuildFailed, match="no luck"):
        kept(Fit(name="broken", error="no luck today"), labelled)


def test_a_manifest_survives_json(labelled: Dataset, mine: Fit) -> None:
    _, manifest = kept(mine, labelled, trusted_names([Amounts]))
    assert msgspec.json.decode(msgspec.json.encode(manifest), type=Manifest) == manifest


def test_the_manifest_names_the_artifact_by_its_content(labelled: Dataset, mine: Fit) -> None:
    data, manifest = kept(mine, labelled, trusted_names([Amounts]))
    assert manifest.answering.digest == hashlib.sha256(data).hexdigest()
    assert (manifest.endpoint, manifest.number, manifest.answering.runtime) == ("credit", 0, "scikit-learn")
    assert manifest.classes == ("no", "yes")


@pytest.mark.parametrize(
    ("outcomes", "classes", "names"),
    [
        ((False, True), (False, True), {"false", "true"}),
        ((3, 7), (3, 7), {"3", "7"}),
        (("a", "b", "c"), ("a", "b", "c"), {"a", "b", "c"}),
    ],
    ids=["booleans", "integers", "three texts"],
)
def test_labels_come_back_as_they_are_in_the_data(
    tmp_path: Path, outcomes: tuple[Any, ...], classes: tuple[Any, ...], names: set[str]
) -> None:
    data = rows.dataset(tmp_path, outcomes=outcomes)
    model = prepared(rows.SCHEMA, LogisticRegression(), task="classification").fit(data.frame, data.labels)
    manifest = packaged(model, data, rows.SCHEMA, endpoint="x", task="classification").manifest
    assert manifest.classes == classes
    for _, output in manifest.golden:
        assert output["label"] in classes
        assert type(output["label"]) is type(classes[0])
        assert output["probabilities"].keys() == names


def test_a_label_is_what_the_classifier_says_even_where_it_is_not_the_likeliest(labelled: Dataset) -> None:
    eager = FixedThresholdClassifier(LogisticRegression(), threshold=0.0, response_method="predict_proba")
    model = prepared(rows.SCHEMA, eager, task="classification").fit(labelled.frame, labelled.labels)
    manifest = packaged(model, labelled, rows.SCHEMA, endpoint="x", task="classification").manifest
    assert {output["label"] for _, output in manifest.golden} == {"yes"}


READ_ELSEWHERE = """
import sys
import msgspec
from flyball.domain.routing import Manifest
from flyball.inference import runtime
manifest = msgspec.json.decode(open(sys.argv[1], "rb").read(), type=Manifest)
runtime.load(manifest, open(sys.argv[2], "rb").read())
print("golden")
"""


def test_a_version_gives_its_golden_answers_in_another_process(tmp_path: Path, labelled: Dataset) -> None:
    plan = Plan(task="classification", metric="roc_auc", candidates=["forest"], cv=2, search=Search(trials=1))
    data, manifest = kept(select(labelled, plan)[0], labelled)
    (tmp_path / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    (tmp_path / "artifact.skops").write_bytes(data)
    command = [
        sys.executable,
        "-c",
        READ_ELSEWHERE,
        str(tmp_path / "manifest.json"),
        str(tmp_path / "artifact.skops"),
    ]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "golden\n"
