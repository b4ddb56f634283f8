"""What a declaration says about reasons travels with the version that is built from it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flyball import Field, Interventional
from flyball.control.registry import selectors
from flyball.control.registry.portable import export_version, import_version
from flyball.domain.errors import ArtifactCorrupt
from flyball.inference.reasons import document
from flyball.inference.reasons.document import Document, Trees
from flyball.inference.reasons.opening import artifact_of
from flyball.stores.database import Database
from tests.registry import small
from tests.registry.test_portable import change

pytestmark = pytest.mark.storage


def test_a_version_keeps_the_background_and_what_may_be_changed(tmp_path: Path, database: Database) -> None:
    _, version = small.version(
        tmp_path,
        candidates=("boosting",),
        reasons=Interventional(rows=5),
        fields={"job": Field(changeable=True)},
    )
    manifest = selectors.manifest(version)
    assert version.facts["compiling"]["reasons"] == "tree_interventional"
    kept = msgspec.msgpack.decode(selectors.artifact(artifact_of(manifest).digest), type=Document)
    assert kept.changeable == ("job",)
    assert isinstance(kept.basis, Trees)
    assert kept.basis.background is not None
    assert kept.basis.background.shape[0] == 5


def test_reasons_that_do_not_explain_the_golden_answers_are_not_imported(
    tmp_path: Path, database: Database
) -> None:
    _, version = small.version(tmp_path, candidates=("boosting",))
    folder = export_version(version=version, folder=tmp_path / "exported")
    manifest = selectors.manifest(version)
    kept = msgspec.msgpack.decode((folder / "model.reasons").read_bytes(), type=Document)
    assert isinstance(kept.basis, Trees)
    covers = bytearray(kept.basis.covers.data)
    covers[:8] = (
        b"\x00" * 8
    )  # no row went left at the first split: its share is none, and nothing divides by it
    basis = msgspec.structs.replace(
        kept.basis, covers=msgspec.structs.replace(kept.basis.covers, data=bytes(covers))
    )
    data = document.written(manifest.schema, kept.compiled, basis)
    (folder / "model.reasons").write_bytes(data)

    def named(said: dict[str, Any]) -> None:
        said["manifest"]["artifacts"][-1]["digest"] = hashlib.sha256(data).hexdigest()

    change(folder, named, cover=True)
    with pytest.raises(ArtifactCorrupt, match="covers"):
        import_version(folder=folder)
