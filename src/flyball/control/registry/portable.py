"""A version as a folder, which can live in git or move between servers."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from flyball.control.connection import database
from flyball.control.declarations.configured import configured
from flyball.control.registry import document, selectors
from flyball.control.registry.document import DOCUMENT, FORMAT
from flyball.control.registry.models import Version
from flyball.control.registry.numbering import number_version
from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.domain.records import digest
from flyball.domain.routing import REASONS, Artifact, Manifest
from flyball.stores import artifacts

FILES = {"scikit-learn": "model.skops", "compiled": "model.compiled", REASONS: "model.reasons"}
"""What the file of an artifact is called, by its runtime."""
LARGEST = 1024 * 1024 * 1024
"""Bytes of a model's file."""


def export_version(*, version: Version, folder: Path) -> Path:
    """Write a version as ``version.json`` and a file for each artifact (``FILES``).

    The folder is made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in _files(version):
        (folder / name).write_bytes(data)
    return folder


def export_zip(*, version: Version, file: BinaryIO) -> None:
    """Write the same to a zip file: a folder ``income-3``, which ``import_version`` takes once unpacked."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in _files(version):
            archive.writestr(f"{version.endpoint_id}-{version.number}/{name}", data)


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
    files: list[bytes] = []
    for artifact in _answering_first(manifest):
        files.append(_tried(folder, manifest, artifact, tuple(trusted), *files[:1]))
    store = database()
    with closing(store.connect()) as connection:
        for data in files:
            artifacts.write(store, connection, data)
    # A comparison names a champion of the server that the folder comes from, not of this one.
    facts = {name: fact for name, fact in described.facts.items() if name != "comparison"}
    return number_version(manifest=named, facts=facts)


def _files(version: Version) -> Iterator[tuple[str, bytes]]:
    for each in selectors.manifest(version).artifacts:
        yield FILES[each.runtime], selectors.artifact(each.digest)
    content = {"manifest": version.manifest, "facts": version.facts}
    described = {"format": FORMAT, "content_sha256": digest(content), **content}
    text = json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    yield DOCUMENT, f"{text}\n".encode()


def _answering_first(manifest: Manifest) -> list[Artifact]:
    """All artifacts. Raises ``ArtifactCorrupt`` where none answers."""
    return sorted(manifest.artifacts, key=lambda each: each != manifest.answering)


def _tried(
    folder: Path, manifest: Manifest, artifact: Artifact, trusted: tuple[str, ...], answering: bytes = b""
) -> bytes:
    """The bytes of one artifact, after it has answered the golden rows alone.

    One that explains has explained what the ``answering`` one answers.
    """
    from flyball.inference.quarantine.trial import try_model

    if artifact.runtime not in FILES:
        raise ArtifactUntrusted("This server has no runtime for the artifact.")
    data = document.content(folder / FILES[artifact.runtime], LARGEST)
    if hashlib.sha256(data).hexdigest() != artifact.digest:
        raise ArtifactCorrupt
    limits = configured()
    try_with = partial(try_model, memory=limits.import_memory, seconds=limits.import_seconds)
    if artifact.runtime == REASONS:
        try_with(manifest, answering, trusted, reasons=data)
    else:
        try_with(replace(manifest, artifacts=(replace(artifact, unused=""),)), data, trusted)
    return data


def folder_manifest(folder: Path) -> Manifest:
    """What a folder says it holds, unproven. Raises ``ArtifactCorrupt``."""
    return document.read(folder).manifest
