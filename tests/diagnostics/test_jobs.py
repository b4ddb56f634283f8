"""Diagnostics as jobs: one at the end of each build, others by hand; they go with their version."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.control.diagnostics import selectors
from flyball.control.diagnostics.models import Diagnosis
from flyball.control.diagnostics.services import ask_diagnosis
from flyball.control.jobs.models import Job
from flyball.control.registry import services as registry
from flyball.control.registry.models import ArtifactPart, CandidateResult, Version
from flyball.control.registry.selectors import loaded
from flyball.control.routing import building
from flyball.control.routing import services as routing
from flyball.domain.errors import Conflict, NotFound
from flyball.stores.database import Database
from tests.jobs.workers import carried_out, claimed
from tests.registry import small

pytestmark = pytest.mark.storage


@pytest.fixture
def version(database: Database, tmp_path: Path) -> Version:
    """A version that was built here, of 60 rows."""
    return small.version(tmp_path)[1]


def diagnosed(version: Version, on: Version | None = None) -> Diagnosis:
    """The diagnosis of a version, asked for and computed."""
    asked, _ = ask_diagnosis(version=version, on=on)
    assert asked.job is not None
    assert carried_out(asked.job).error == ""
    found = selectors.of(version, on)
    assert found is not None
    return found


def test_a_diagnosis_is_of_the_rows_that_the_build_held_out(version: Version) -> None:
    found = diagnosed(version)
    assert selectors.status(found) == "succeeded"
    assert found.found["rows"] == 12
    (score,) = selectors.table(found, "score")
    assert score["metric"] == "roc_auc"
    assert score["score"] == pytest.approx(version.facts["held_out_score"])
    assert set(found.found["lacking"]) == {"over_time"}
    assert {"roc", "thresholds", "importance", "learning_curve"} <= set(found.found["tables"])
    assert found.seconds is not None
    assert not found.found["may_know"]
    assert selectors.document(found)["tables"] == found.found["tables"]


def test_a_build_ends_with_asking_for_its_winner(database: Database, tmp_path: Path) -> None:
    declaration, taken = small.snapshot(tmp_path)
    job = building.build(declaration.name, snapshot=taken.digest)
    building.carry_out(claimed(job), **job.arguments)
    made = Version.objects.get()
    (asked,) = Diagnosis.objects.all()
    assert asked.version == made.number
    assert asked.job is not None
    assert asked.job.kind == "diagnose"
    assert carried_out(asked.job).result["diagnosed"] == made.number
    assert selectors.made(made).found["tables"]


def test_what_is_done_or_under_way_is_not_asked_for_again(version: Version) -> None:
    first, is_new = ask_diagnosis(version=version)
    again, is_another = ask_diagnosis(version=version)
    assert (is_new, is_another) == (True, False)
    assert again == first
    with pytest.raises(NotFound, match="has not been diagnosed yet"):
        selectors.made(version)
    diagnosed(version)
    assert ask_diagnosis(version=version)[1] is False
    anew, is_new = ask_diagnosis(version=version, again=True)
    assert is_new
    assert anew.pk == first.pk
    assert selectors.status(anew) == "queued"
    assert selectors.made(version).found["tables"]  # until there are others
    assert Job.objects.count() == 2


def test_another_version_is_asked_about_the_same_rows(version: Version, tmp_path: Path) -> None:
    build = CandidateResult.objects.exclude(manifest=None).first()
    assert build is not None
    other = registry.register(build=build.build, candidate="baseline")
    own, beside = diagnosed(version), diagnosed(other, version)
    assert (beside.snapshot, beside.seed, beside.found["rows"]) == (own.snapshot, own.seed, own.found["rows"])
    assert beside.on == version.number
    assert list(selectors.known_numbers(version.endpoint_id, own)) == [other.number, version.number]


def test_a_version_that_may_have_learned_from_the_rows_says_so(version: Version, tmp_path: Path) -> None:
    later = small.version(tmp_path, seed=1)[1]
    found = diagnosed(version, later)
    assert found.found["may_know"]
    assert found.found["lacking"]["learning_curve"]
    assert diagnosed(later).found["may_know"] is False


def test_of_a_version_that_was_fitted_elsewhere_nobody_knows_which_rows_it_has_not_seen(
    version: Version, tmp_path: Path
) -> None:
    folder = registry.export_version(version=version, folder=tmp_path / "folder")
    imported = registry.import_version(folder=folder)
    for ask in (selectors.of, selectors.made):
        with pytest.raises(Conflict, match="nobody here knows which rows"):
            ask(imported)
    with pytest.raises(Conflict, match="nobody here knows which rows"):
        ask_diagnosis(version=imported)
    assert diagnosed(imported, version).found["may_know"]  # on the rows of another it is asked all the same


def test_a_removed_version_takes_its_diagnoses_along(version: Version) -> None:
    diagnosed(version)
    routing.remove_version(endpoint=version.endpoint_id, version=version.number)
    assert not Diagnosis.objects.exists()


def test_one_that_fails_says_why_and_leaves_what_was_there(version: Version) -> None:
    diagnosed(version)
    parts = list(ArtifactPart.objects.values())
    ArtifactPart.objects.all().delete()
    asked, _ = ask_diagnosis(version=version, again=True)
    assert asked.job is not None
    carried_out(asked.job)
    found = selectors.of(version)
    assert found is not None
    assert selectors.status(found) == "failed"
    assert "artifact" in selectors.error(found).lower()
    assert found.found["tables"]
    for part in parts:
        ArtifactPart.objects.create(**part)
    loaded(version)
