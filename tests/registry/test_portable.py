"""A version travels as a folder; what was tampered with, or is not trusted here, is refused."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.dummy import DummyClassifier

from flyball import Candidate
from flyball.control.declarations.services import record
from flyball.control.registry import selectors, services
from flyball.control.registry.models import Artifact, ArtifactPart, Version
from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted, GoldenMismatch
from flyball.domain.records import digest
from flyball.stores.database import Database
from tests.registry import small

pytestmark = pytest.mark.storage


class Homemade(DummyClassifier):
    """A class that no server trusts by itself."""


@pytest.fixture
def folder(tmp_path: Path, database: Database) -> Path:
    """An exported version, from a server that has it no more."""
    _, version = small.version(tmp_path)
    exported = services.export_version(version=version, folder=tmp_path / "exported")
    Version.objects.all().delete()
    Artifact.objects.all().delete()
    ArtifactPart.objects.all().delete()
    return exported


def change(folder: Path, edit: Callable[[dict[str, Any]], None], *, cover: bool = False) -> None:
    """Edit the description; ``cover`` recomputes its digest, as somebody who means it would."""
    path = folder / "version.json"
    document = json.loads(path.read_text())
    edit(document)
    if cover:
        content = {"manifest": document["manifest"], "facts": document["facts"]}
        document["content_sha256"] = digest(content)
    path.write_text(json.dumps(document))


def test_a_version_comes_back_as_it_left(folder: Path) -> None:
    version = services.import_version(folder=folder)
    version.refresh_from_db()
    exported = json.loads((folder / "version.json").read_text())
    assert (version.manifest, version.facts) == (exported["manifest"], exported["facts"])
    assert selectors.loaded(version).predict([{"age": 60, "job": "cook"}])[0]["label"] == "yes"


def test_an_imported_version_takes_the_next_number_of_its_endpoint(folder: Path) -> None:
    record(declaration=small.declare(folder, name="other"))
    names = [str(services.import_version(folder=folder, endpoint="other")) for _ in range(2)]
    assert names == ["other@1", "other@2"]


def test_the_same_version_is_exported_as_the_same_folder(folder: Path, tmp_path: Path) -> None:
    again = services.export_version(version=services.import_version(folder=folder), folder=tmp_path / "again")
    for name in ("version.json", "model.skops"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_model_that_was_changed_is_refused(folder: Path) -> None:
    model = folder / "model.skops"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(bytes(data))
    with pytest.raises(ArtifactCorrupt):
        services.import_version(folder=folder)
    assert not Version.objects.exists()


def test_a_description_that_was_changed_is_refused(folder: Path) -> None:
    change(folder, lambda document: document["facts"].update(held_out_score=1.0))
    with pytest.raises(ArtifactCorrupt, match="changed"):
        services.import_version(folder=folder)


def test_golden_answers_that_were_changed_are_refused(folder: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["manifest"]["golden"][0][1]["probabilities"]["yes"] += 0.001

    change(folder, edit, cover=True)
    with pytest.raises(GoldenMismatch):
        services.import_version(folder=folder)
    assert not Version.objects.exists()


def test_a_folder_without_golden_rows_proves_nothing_and_is_refused(folder: Path) -> None:
    change(folder, lambda document: document["manifest"].update(golden=[]), cover=True)
    with pytest.raises(ArtifactCorrupt, match="golden"):
        services.import_version(folder=folder)


def test_a_pickle_under_a_models_name_is_refused_by_its_content(folder: Path) -> None:
    data = pickle.dumps({"a": 1})  # a test of refusal: nothing here reads it
    (folder / "model.skops").write_bytes(data)
    change(
        folder,
        lambda document: document["manifest"]["artifacts"][0].update(digest=hashlib.sha256(data).hexdigest()),
        cover=True,
    )
    with pytest.raises(ArtifactUntrusted):
        services.import_version(folder=folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{" * 100_000, '{"format": 1}', "\x00"])
def test_what_is_no_description_is_refused(folder: Path, text: str) -> None:
    (folder / "version.json").write_text(text)
    with pytest.raises(ArtifactCorrupt):
        services.import_version(folder=folder)


@pytest.mark.parametrize("name", ["version.json", "model.skops"])
def test_a_folder_that_lacks_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactCorrupt, match=name):
        services.import_version(folder=folder)


def test_what_a_folder_says_about_trust_is_not_read(tmp_path: Path, database: Database) -> None:
    mine = (Candidate("mine", Homemade(strategy="prior")),)
    _, version = small.version(tmp_path, candidates=mine, trusted=(Homemade,))
    folder = services.export_version(version=version, folder=tmp_path / "exported")
    assert "Homemade" not in (folder / "version.json").read_text()
    with pytest.raises(ArtifactUntrusted, match="Homemade"):
        services.import_version(folder=folder)
    trusted = (f"{Homemade.__module__}.Homemade",)
    assert services.import_version(folder=folder, trusted=trusted).number == 2
