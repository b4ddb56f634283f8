"""A version as a folder, which can live in git or move between servers."""

from __future__ import annotations

import json
from collections.abc import Container
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from flyball.control.connection import database
from flyball.control.registry import selectors
from flyball.control.registry.models import Version
from flyball.control.registry.numbering import number_version
from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.records import digest
from flyball.domain.routing import Manifest
from flyball.stores import artifacts

FORMAT = 1
MODEL = "model.skops"
DOCUMENT = "version.json"


def export_version(*, version: Version, folder: Path) -> Path:
    """Write a version as ``version.json`` and ``model.skops``; the folder is made where it is missing."""
    content = {"manifest": version.manifest, "facts": version.facts}
    document = {"format": FORMAT, "content_sha256": digest(content), **content}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(selectors.artifact(selectors.manifest(version)))
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (folder / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    return folder


def import_version(*, folder: Path, endpoint: str | None = None, trusted: Container[str] = ()) -> Version:
    """Register a version from a folder under the endpoint's next number.

    ``endpoint`` is another endpoint than the folder names; ``trusted`` the types that this server's own
    declaration trusts: what the folder says about trust is not read. The model is audited before anything
    is built from it, and must give its golden answers here. Raises ``ArtifactCorrupt``,
    ``ArtifactUntrusted`` or ``GoldenMismatch``.
    """
    from flyball.inference import runtime

    document = _document(folder)
    manifest = replace(document.manifest, number=0)
    if not manifest.golden:
        raise ArtifactCorrupt(f"{DOCUMENT} holds no golden rows to prove the model by.")
    data = _file(folder / MODEL)
    runtime.load(manifest, data, trusted)
    store = database()
    with closing(store.connect()) as connection:
        artifacts.write(store, connection, data)
    # A comparison names a champion of the server that the folder comes from, not of this one.
    facts = {name: fact for name, fact in document.facts.items() if name != "comparison"}
    named = replace(manifest, endpoint=endpoint or manifest.endpoint)
    return number_version(manifest=named, facts=facts)


def folder_manifest(folder: Path) -> Manifest:
    """What a folder says it holds, unproven. Raises ``ArtifactCorrupt``."""
    return _document(folder).manifest


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    content_sha256: str
    manifest: Manifest
    facts: dict[str, Any]


def _document(folder: Path) -> _Document:
    try:
        raw = json.loads(_file(folder / DOCUMENT))
        document = msgspec.convert(raw, _Document)
        changed = digest({"manifest": raw["manifest"], "facts": raw["facts"]}) != document.content_sha256
    except (ValueError, RecursionError, msgspec.ValidationError):
        raise ArtifactCorrupt(f"{DOCUMENT} is not the description of an exported version.") from None
    if document.format != FORMAT:
        raise ArtifactCorrupt(f"{DOCUMENT} has a format that this release does not read.")
    if changed:
        raise ArtifactCorrupt(f"{DOCUMENT} was changed after it was exported.")
    return document


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ArtifactCorrupt(f"The folder holds no readable {path.name}.") from None
