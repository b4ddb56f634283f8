"""The description of an exported version: read strictly, for whoever wrote it may mean harm."""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.records import digest
from flyball.domain.routing import Manifest
from flyball.domain.schema import check
from flyball.domain.values import Scalar, label_text
from flyball.typed import known

FORMAT = 1
DOCUMENT = "version.json"
LARGEST = 16 * 1024 * 1024
"""Bytes of the description."""
LONGEST = 10_000
"""Characters of a text in it."""
MOST_TOLERANCE = 1e-6
MOST_GOLDEN, MOST_FIELDS, MOST_ARTIFACTS = 100, 10_000, 4
DATA = frozenset({"golden", "categories", "labels", "classes", "profile", "name", "quantiles", "source"})
"""Parts that hold texts of the data: as free as requests are. All other texts are printable."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class _SnapshotFacts(msgspec.Struct, forbid_unknown_fields=True):
    digest: Sha256
    rows: Count
    outcomes: Count
    taken_at: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT[0-9:.+Z-]{8,30}$")]


class _Environment(msgspec.Struct, forbid_unknown_fields=True):
    commit: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    dirty: bool | None = None
    python: Name = "?"
    platform: Name = "?"
    libraries: dict[Name, Name] = {}


class _Compiling(msgspec.Struct, forbid_unknown_fields=True):
    """A whole proof, or the reason why there is none."""

    rows: Count | None = None
    alone: Count | None = None
    flips: Count | None = None
    largest_error: float | None = None
    microseconds: float | None = None
    reason: str = ""
    reasons: str = ""

    def __post_init__(self) -> None:
        proof = (self.rows, self.alone, self.flips, self.largest_error, self.microseconds)
        if not self.reason and None in proof:
            raise ValueError("A proof that lacks a number proves nothing.")


class _Facts(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of a version, for people: everything may be missing, nothing may be something else."""

    candidate: Name | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[Name, bool | Whole | float | str | None] | msgspec.UnsetType = msgspec.UNSET
    metric: Name | msgspec.UnsetType = msgspec.UNSET
    fold_scores: list[float | None] | msgspec.UnsetType = msgspec.UNSET
    held_out_score: float | msgspec.UnsetType | None = msgspec.UNSET
    trials: Count | msgspec.UnsetType = msgspec.UNSET
    seconds: float | msgspec.UnsetType = msgspec.UNSET
    stopped_by_time: bool | msgspec.UnsetType = msgspec.UNSET
    seed: Whole | msgspec.UnsetType = msgspec.UNSET
    environment: _Environment | msgspec.UnsetType = msgspec.UNSET
    snapshot: _SnapshotFacts | msgspec.UnsetType = msgspec.UNSET
    profile: dict[str, dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    compiling: _Compiling | msgspec.UnsetType = msgspec.UNSET
    comparison: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """A version's description. ``facts`` are as they were written; ``manifest`` is unproven."""

    format: int
    content_sha256: str
    manifest: Manifest
    facts: dict[str, Any]


known(Document, _Facts)


def read(folder: Path) -> Document:
    """The description in a folder. Raises ``ArtifactCorrupt`` for one that no export has written."""
    try:
        text = content(folder / DOCUMENT, LARGEST)
        raw = json.loads(text, parse_constant=_finite, parse_float=_finite)
        document = msgspec.convert(raw, Document)
        msgspec.convert(raw["facts"], _Facts)
        _check_texts(raw)
        _check_manifest(document.manifest, raw["manifest"])
        changed = digest({"manifest": raw["manifest"], "facts": raw["facts"]}) != document.content_sha256
    except (ValueError, RecursionError, msgspec.ValidationError):
        raise ArtifactCorrupt(f"{DOCUMENT} is not the description of an exported version.") from None
    if document.format != FORMAT:
        raise ArtifactCorrupt(f"{DOCUMENT} has a format that this release does not read.")
    if changed:
        raise ArtifactCorrupt(f"{DOCUMENT} was changed after it was exported.")
    return document


def content(path: Path, most: int) -> bytes:
    """A file's bytes. Raises ``ArtifactCorrupt`` for one that is missing, too long, or no file."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ArtifactCorrupt(f"The folder's {path.name} is no file.")
        if found.st_size > most:
            raise ArtifactCorrupt(f"The folder's {path.name} is longer than {most} bytes.")
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        raise ArtifactCorrupt(f"The folder holds no readable {path.name}.") from None


def _finite(number: str) -> float:
    found = float(number)
    if not math.isfinite(found):  # 1e999 too: Python reads it as infinity, and no database takes that
        raise ValueError("NaN and infinity are no JSON.")
    return found


def _check_texts(raw: Any) -> None:
    for text, is_data in _texts(raw):
        text.encode()  # half of a surrogate pair is a UnicodeEncodeError, which is a ValueError
        if len(text) > LONGEST or "\x00" in text or not (is_data or text.isprintable()):
            raise ValueError("A text is too long, or holds what no text may hold.")


def _texts(raw: Any) -> Iterator[tuple[str, bool]]:
    """Every text, and whether it is of the data. Recursion would hand on each text level by level."""
    waiting: list[tuple[Any, bool]] = [(raw, False)]
    while waiting:
        value, is_data = waiting.pop()
        if isinstance(value, str):
            yield value, is_data
        elif isinstance(value, list):
            waiting.extend((each, is_data) for each in value)
        elif isinstance(value, dict):
            waiting.extend((key, is_data) for key in value)
            waiting.extend((each, is_data or key in DATA) for key, each in value.items())


def _check_manifest(manifest: Manifest, raw: Any) -> None:
    """Nothing is written that is not read, and the golden rows are rows and answers of this version."""
    if json.loads(msgspec.json.encode(manifest)) != raw:
        raise ValueError("The manifest says more, or otherwise, than is read of it.")
    if len(manifest.golden) > MOST_GOLDEN or len(manifest.schema.fields) > MOST_FIELDS:
        raise ValueError("The manifest holds too much.")
    if len(set(manifest.schema.names)) < len(manifest.schema.fields):
        raise ValueError("Two fields have one name.")
    _check_artifacts(manifest)
    for values, output in manifest.golden:
        if check(manifest.schema, values).problems:
            raise ValueError("A golden row does not fit the schema.")
        if not _is_answer(manifest, output):
            raise ValueError("A golden answer is none of this task.")


def _check_artifacts(manifest: Manifest) -> None:
    runtimes = [artifact.runtime for artifact in manifest.artifacts]
    if len(set(runtimes)) < len(runtimes) or not 1 <= len(runtimes) <= MOST_ARTIFACTS:
        raise ValueError("A version has one artifact for a runtime, and at least one.")
    if not all(0 <= artifact.tolerance <= MOST_TOLERANCE for artifact in manifest.artifacts):
        raise ValueError("Golden answers may lie too far from what comes out.")


def _is_answer(manifest: Manifest, output: dict[str, Any]) -> bool:
    if manifest.task == "classification":
        names = [label_text(label) for label in manifest.classes]
        probabilities = output.get("probabilities")
        return (
            output.keys() == {"label", "probabilities"}
            and isinstance(probabilities, dict)
            and sorted(probabilities) == sorted(names)
            and all(_is_number(each) for each in probabilities.values())
            and any(_same(output["label"], label) for label in manifest.classes)
        )
    if manifest.task == "anomaly_detection":
        is_flag = isinstance(output.get("is_anomaly"), bool)
        return output.keys() == {"score", "is_anomaly"} and is_flag and _is_number(output["score"])
    name = {"regression": "value", "clustering": "cluster"}.get(manifest.task)
    if manifest.finish is not None and manifest.finish.interval is not None:
        bounds = output.get("interval")
        is_pair = isinstance(bounds, list) and len(bounds) == 2 and all(map(_is_number, bounds))
        return output.keys() == {"value", "interval"} and is_pair and _is_number(output["value"])
    return name is not None and output.keys() == {name} and _is_number(output[name])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: object, other: Scalar) -> bool:
    return type(one) is type(other) and one == other
