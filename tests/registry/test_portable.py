"""A version travels as a folder; what was tampered with, or is not trusted here, is refused."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from flyball import Candidate
from flyball.config import Config
from flyball.control.declarations.services import record
from flyball.control.registry import selectors, services
from flyball.control.registry.models import Artifact, Version
from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted, GoldenMismatch
from flyball.domain.records import digest
from flyball.serving.app import create
from flyball.stores.database import Database
from tests.inference import forging
from tests.registry import small
from tests.registry.homemade import Homemade

pytestmark = pytest.mark.storage


EXPORTED: dict[str, bytes] = {}
"""The files of an exported version: the same for all tests of this process."""


@pytest.fixture
def folder(tmp_path: Path, database: Database) -> Path:
    """A version that another server has exported; here nothing is there but its endpoint."""
    if not EXPORTED:
        _, version = small.version(tmp_path)
        made = services.export_version(version=version, folder=tmp_path / "made")
        EXPORTED.update({path.name: path.read_bytes() for path in made.iterdir()})
        call_command("flush", verbosity=0, interactive=False)
    record(declaration=small.declare(small.write_csv(tmp_path / "rows.csv")))
    exported = tmp_path / "exported"
    exported.mkdir()
    for name, content in EXPORTED.items():
        (exported / name).write_bytes(content)
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
    for name in ("version.json", "model.skops", "model.compiled", "model.reasons"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["model.skops", "model.compiled", "model.reasons"])
def test_a_model_that_was_changed_is_refused(folder: Path, name: str) -> None:
    model = folder / name
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


@pytest.mark.parametrize(
    ("name", "place", "error"),
    [
        ("model.compiled", 0, ArtifactCorrupt),
        ("model.skops", 1, ArtifactUntrusted),
        ("model.reasons", 2, ArtifactCorrupt),
    ],
)
def test_a_pickle_under_a_models_name_is_refused_by_its_content(
    folder: Path, name: str, place: int, error: type[Exception]
) -> None:
    data = pickle.dumps({"a": 1})  # a test of refusal: nothing here reads it
    (folder / name).write_bytes(data)
    change(
        folder,
        lambda document: document["manifest"]["artifacts"][place].update(
            digest=hashlib.sha256(data).hexdigest()
        ),
        cover=True,
    )
    with pytest.raises(error):
        services.import_version(folder=folder)
    assert not Version.objects.exists()


def test_a_runtime_that_this_server_lacks_is_refused(folder: Path) -> None:
    change(folder, lambda document: document["manifest"]["artifacts"][1].update(runtime="abacus"), cover=True)
    with pytest.raises(ArtifactUntrusted, match="no runtime"):
        services.import_version(folder=folder)


def test_two_artifacts_for_one_runtime_are_refused(folder: Path) -> None:
    change(
        folder,
        lambda document: document["manifest"]["artifacts"].append(document["manifest"]["artifacts"][0]),
        cover=True,
    )
    with pytest.raises(ArtifactCorrupt):
        services.import_version(folder=folder)


def test_a_version_of_a_pipeline_alone_comes_back_too(folder: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        (pipeline,) = (
            each for each in document["manifest"]["artifacts"] if each["runtime"] == "scikit-learn"
        )
        document["manifest"]["artifacts"] = [{**pipeline, "unused": ""}]
        del document["facts"]["compiling"]

    change(folder, edit, cover=True)
    (folder / "model.compiled").unlink()
    version = services.import_version(folder=folder)
    assert selectors.manifest(version).answering.runtime == "scikit-learn"


@pytest.mark.parametrize("text", ["", "[]", "{}", "{" * 100_000, '{"format": 1}', "\x00"])
def test_what_is_no_description_is_refused(folder: Path, text: str) -> None:
    (folder / "version.json").write_text(text)
    with pytest.raises(ArtifactCorrupt):
        services.import_version(folder=folder)


@pytest.mark.parametrize("name", ["version.json", "model.skops", "model.compiled", "model.reasons"])
def test_a_folder_that_lacks_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactCorrupt, match=name):
        services.import_version(folder=folder)


def test_what_a_folder_says_about_trust_is_not_read(tmp_path: Path, database: Database) -> None:
    mine = (Candidate("mine", Homemade(strategy="prior")),)
    _, version = small.version(tmp_path, candidates=mine, trusted=(Homemade,))
    folder = services.export_version(version=version, folder=tmp_path / "exported")
    assert f"{Homemade.__module__}.Homemade" not in (folder / "version.json").read_text()
    with pytest.raises(ArtifactUntrusted, match="Homemade"):
        services.import_version(folder=folder)
    trusted = (f"{Homemade.__module__}.Homemade",)
    assert services.import_version(folder=folder, trusted=trusted).number == 2


def first_label(document: dict[str, Any]) -> dict[str, Any]:
    """The answer of the first golden row."""
    answer: dict[str, Any] = document["manifest"]["golden"][0][1]
    return answer


def first_row(document: dict[str, Any]) -> dict[str, Any]:
    """The input of the first golden row."""
    row: dict[str, Any] = document["manifest"]["golden"][0][0]
    return row


FORGED: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("half a surrogate", lambda document: document["facts"].update(candidate="\ud800")),
    ("half a surrogate as a name", lambda document: document["facts"]["parameters"].update({"\udfff": 1})),
    ("NUL", lambda document: document["facts"].update(metric="roc\x00auc")),
    ("NUL in a golden row", lambda document: first_row(document).update(job="\x00")),
    ("a terminal's escape", lambda document: document["facts"].update(candidate="\x1b[2J")),
    ("a text turned round", lambda document: document["facts"].update(candidate="\u202etxt.exe")),
    ("a long text", lambda document: document["facts"].update(candidate="x" * 100_000)),
    ("no snapshot where one is", lambda document: document["facts"].update(snapshot=None)),
    ("a list for a snapshot", lambda document: document["facts"].update(snapshot=[])),
    ("a snapshot of another name", lambda document: document["facts"]["snapshot"].update(digest="../x")),
    ("rows that are a text", lambda document: document["facts"]["snapshot"].update(rows="many")),
    ("a score that is a text", lambda document: document["facts"].update(held_out_score="1")),
    ("folds that are none", lambda document: document["facts"].update(fold_scores=7)),
    ("a fact that no release has", lambda document: document["facts"].update(colour="x")),
    ("a profile that is a list", lambda document: document["facts"].update(profile=[])),
    ("an environment of numbers", lambda document: document["facts"]["environment"].update(python=3)),
    ("a seed beyond 64 bits", lambda document: document["facts"].update(seed=2**70)),
    (
        "a proof that no release has",
        lambda document: document["facts"].update(compiling={"x": 1}),
    ),
    ("half a proof", lambda document: document["facts"].update(compiling={"rows": 1})),
    ("a proof without its error", lambda document: document["facts"]["compiling"].update(largest_error=None)),
    ("types that are trusted", lambda document: document["manifest"].update(trusted=["os.system"])),
    ("a word that no manifest has", lambda document: document["manifest"].update(colour="x")),
    ("a golden row that does not fit", lambda document: first_row(document).update(age="old")),
    ("a golden row of another schema", lambda document: first_row(document).update(x=1)),
    ("a golden label that is no class", lambda document: first_label(document).update(label="perhaps")),
    ("a golden answer that is none", lambda document: first_label(document).update(probabilities=[])),
    ("a golden answer with more", lambda document: first_label(document).update(colour="x")),
    ("a task that no endpoint has", lambda document: document["manifest"].update(task="shell")),
    ("a tolerance that forgives everything", lambda document: tolerance(document, 1e9)),
]


def tolerance(document: dict[str, Any], value: float) -> None:
    """How far golden answers may lie from what comes out."""
    document["manifest"]["artifacts"][0]["tolerance"] = value
    first_label(document)["probabilities"]["yes"] += 0.5


@pytest.mark.parametrize("edit", [row[1] for row in FORGED], ids=[row[0] for row in FORGED])
def test_a_forged_description_is_refused_and_breaks_no_list(
    folder: Path, edit: Callable[[dict[str, Any]], Any]
) -> None:
    path = folder / "version.json"
    document = json.loads(path.read_text())
    edit(document)
    content = {"manifest": document["manifest"], "facts": document["facts"]}
    document["content_sha256"] = hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    path.write_text(json.dumps(document))
    with pytest.raises(ArtifactCorrupt):
        services.import_version(folder=folder)
    assert list(selectors.versions("purchase")) == []


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(folder: Path, constant: str) -> None:
    change(folder, lambda document: document["facts"].update(held_out_score=float(constant)), cover=True)
    path = folder / "version.json"
    text, count = re.subn(r'("held_out_score": )\w+', rf"\g<1>{constant}", path.read_text())
    assert count == 1
    path.write_text(text)
    with pytest.raises(ArtifactCorrupt, match="not the description"):
        services.import_version(folder=folder)


@pytest.mark.parametrize("name", ["version.json", "model.skops", "model.compiled", "model.reasons"])
def test_a_file_without_end_is_not_read(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to("/dev/zero")
    with pytest.raises(ArtifactCorrupt, match="is no file"):
        services.import_version(folder=folder)


def test_a_model_that_ends_the_process_ends_another_and_nothing_is_stored(
    tmp_path: Path, database: Database
) -> None:
    mine = (Candidate("mine", Homemade(strategy="prior")),)
    _, version = small.version(tmp_path, candidates=mine, trusted=(Homemade,))
    folder = services.export_version(version=version, folder=tmp_path / "exported")
    artifact = forging.Artifact((folder / "model.skops").read_bytes())
    for node in artifact.objects():
        if node["__class__"] == "Homemade":
            node.update(__module__="tests.registry.homemade", __class__="Deadly")
    data = artifact.packed()
    (folder / "model.skops").write_bytes(data)
    change(
        folder,
        lambda document: document["manifest"]["artifacts"][0].update(digest=hashlib.sha256(data).hexdigest()),
        cover=True,
    )
    before = Artifact.objects.count()
    with pytest.raises(ArtifactCorrupt, match="ended the process"):
        services.import_version(folder=folder, trusted=["tests.registry.homemade.Deadly"])
    assert (Version.objects.count(), Artifact.objects.count()) == (1, before)


def test_what_a_row_says_about_trust_is_not_read(tmp_path: Path, database: Database) -> None:
    mine = (Candidate("mine", Homemade(strategy="prior")),)
    declaration, version = small.version(tmp_path, candidates=mine, trusted=(Homemade,))
    assert selectors.loaded(version)
    declaration.trusted = ()
    version.manifest["trusted"] = [f"{Homemade.__module__}.Homemade"]
    version.save()
    with pytest.raises(ArtifactUntrusted, match="Homemade"):
        selectors.loaded(version)


def test_the_settings_trust_types_where_no_declaration_is_read(tmp_path: Path, database: Database) -> None:
    mine = (Candidate("mine", Homemade(strategy="prior")),)
    _, version = small.version(tmp_path, candidates=mine, trusted=(Homemade,))
    manifest = selectors.manifest(version)
    for trusted, loads in (((), False), ((f"{Homemade.__module__}.Homemade",), True)):
        config = Config(home=tmp_path, database_url=database.url, trusted_types=trusted)
        plane = create(config, database)
        loading = plane._loader.load
        if loads:
            assert loading(manifest)
        else:
            with pytest.raises(ArtifactUntrusted, match="Homemade"):
                loading(manifest)
        plane.stop()
