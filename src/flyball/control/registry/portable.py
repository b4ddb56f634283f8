"""A version as a folder, which can live in git or move between servers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from flyball.control.connection import database
from flyball.control.declarations.configured import configured
from flyball.control.registry import document, selectors
from flyball.control.registry.document import DOCUMENT, FORMAT
from flyball.control.registry.models import Version
from flyball.control.registry.numbering import number_version
from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.domain.records import digest
from flyball.domain.routing import Artifact, Manifest
from flyball.stores import artifacts

FILES = {"scikit-learn": "model.skops", "compiled": "model.compiled"}
"""What the file of an artifact is called, by its runtime."""
LARGEST = 1024 * 1024 * 1024
"""Bytes of a model's file."""


def export_version(*, version: Version, folder: Path) -> Path:
    """Write a version as ``version.json`` and a file for each artifact (``FILES``).

    The folder is made where it is missing.
    """
    content = {"manifest": version.manifest, "facts": version.facts}
    described = {"format": FORMAT, "content_sha256": digest(content), **content}
    folder.mkdir(parents=True, exist_ok=True)
    for each in selectors.manifest(version).artifacts:
        (folder / FILES[each.runtime]).write_bytes(selectors.artifact(each.digest))
    text = json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (folder / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    return folder


def import_version(*, folder: Path, endpoint: str | None = None, trusted: Iterable[str] = ()) -> Version:
    """Register a version from a folder under the endpoint's next number.

    ``endpoint`` is another endpoint than the folder names; ``trusted`` the types that this server's own
    declaration and settings trust. Each artifact, also one that does not answer, is opened, audited and asked
    the golden rows in a process of its own, with limits: a crash there, a hang or an excess is a refusal, and
    nothing is stored. Raises
    ``ArtifactCorrupt``, ``ArtifactUntrusted``, ``GoldenMismatch`` or ``ModelFailed``.
    """
    described = document.read(folder)
    manifest = replace(described.manifest, number=0)
    if not manifest.golden:
        raise ArtifactCorrupt(f"{DOCUMENT} holds no golden rows to prove the model by.")
    named = replace(manifest, endpoint=endpoint or manifest.endpoint)
    files = [_tried(folder, manifest, artifact, tuple(trusted)) for artifact in _answering_first(manifest)]
    store = database()
    with closing(store.connect()) as connection:
        for data in files:
            artifacts.write(store, connection, data)
    # A comparison names a champion of the server that the folder comes from, not of this one.
    facts = {name: fact for name, fact in described.facts.items() if name != "comparison"}
    return number_version(manifest=named, facts=facts)


def _answering_first(manifest: Manifest) -> list[Artifact]:
    """All artifacts. Raises ``ArtifactCorrupt`` where none answers."""
    return sorted(manifest.artifacts, key=lambda each: each != manifest.answering)


def _tried(folder: Path, manifest: Manifest, artifact: Artifact, trusted: tuple[str, ...]) -> bytes:
    """The bytes of one artifact, after it has answered the golden rows alone."""
    from flyball.inference.quarantine.trial import try_model

    if artifact.runtime not in FILES:
        raise ArtifactUntrusted("This server has no runtime for the artifact.")
    data = document.content(folder / FILES[artifact.runtime], LARGEST)
    if hashlib.sha256(data).hexdigest() != artifact.digest:
        raise ArtifactCorrupt
    alone = replace(manifest, artifacts=(replace(artifact, unused=""),))
    limits = configured()
    try_model(alone, data, trusted, memory=limits.import_memory, seconds=limits.import_seconds)
    return data


def folder_manifest(folder: Path) -> Manifest:
    """What a folder says it holds, unproven. Raises ``ArtifactCorrupt``."""
    return document.read(folder).manifest
