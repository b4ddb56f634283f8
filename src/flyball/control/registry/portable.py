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
from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.records import digest
from flyball.domain.routing import Manifest
from flyball.stores import artifacts

MODEL = "model.skops"
LARGEST = 1024 * 1024 * 1024
"""Bytes of a model's file."""


def export_version(*, version: Version, folder: Path) -> Path:
    """Write a version as ``version.json`` and ``model.skops``; the folder is made where it is missing."""
    content = {"manifest": version.manifest, "facts": version.facts}
    described = {"format": FORMAT, "content_sha256": digest(content), **content}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(selectors.artifact(selectors.manifest(version)))
    text = json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (folder / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    return folder


def import_version(*, folder: Path, endpoint: str | None = None, trusted: Iterable[str] = ()) -> Version:
    """Register a version from a folder under the endpoint's next number.

    ``endpoint`` is another endpoint than the folder names; ``trusted`` the types that this server's own
    declaration and settings trust. The model is opened, audited and asked its golden rows in a process of its
    own, with limits: a crash there, a hang or an excess is a refusal, and nothing is stored. Raises
    ``ArtifactCorrupt``, ``ArtifactUntrusted``, ``GoldenMismatch`` or ``ModelFailed``.
    """
    from flyball.inference.quarantine.trial import try_model

    described = document.read(folder)
    manifest = replace(described.manifest, number=0)
    if not manifest.golden:
        raise ArtifactCorrupt(f"{DOCUMENT} holds no golden rows to prove the model by.")
    data = document.content(folder / MODEL, LARGEST)
    if hashlib.sha256(data).hexdigest() != manifest.answering.digest:
        raise ArtifactCorrupt
    limits = configured()
    try_model(manifest, data, trusted, memory=limits.import_memory, seconds=limits.import_seconds)
    store = database()
    with closing(store.connect()) as connection:
        artifacts.write(store, connection, data)
    # A comparison names a champion of the server that the folder comes from, not of this one.
    facts = {name: fact for name, fact in described.facts.items() if name != "comparison"}
    named = replace(manifest, endpoint=endpoint or manifest.endpoint)
    return number_version(manifest=named, facts=facts)


def folder_manifest(folder: Path) -> Manifest:
    """What a folder says it holds, unproven. Raises ``ArtifactCorrupt``."""
    return document.read(folder).manifest
