"""Taking a version away: its number stays taken, its content goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flyball.control.registry.models import Artifact, ArtifactPart, CandidateResult, Version
from flyball.domain.records import now


def remove_content(version: Version) -> None:
    """Empty a version's row, and delete its artifacts where nothing else has them.

    What it was built from stays: the build, its leaderboard with this candidate, the snapshot. To be called
    in a transaction, by who knows that no route names the version.
    """
    held = digests([version.manifest])
    version.manifest, version.facts, version.candidate, version.removed_at = {}, {}, None, now()
    version.save(update_fields=["manifest", "facts", "candidate", "removed_at"])
    free(held)


def free(held: set[str]) -> None:
    """Delete those artifacts that nothing has any more. To be called in a transaction."""
    unused = held - _digests_in_use() if held else held
    ArtifactPart.objects.filter(digest__in=unused).delete()
    Artifact.objects.filter(digest__in=unused).delete()


def digests(manifests: Iterable[Any]) -> set[str]:
    """The artifacts that manifests name."""
    return {each["digest"] for manifest in manifests for each in manifest.get("artifacts") or []}


def _digests_in_use() -> set[str]:
    """Those of every version and every candidate: one file may be imported for several endpoints."""
    versions = Version.objects.filter(removed_at=None).values_list("manifest__artifacts", flat=True)
    candidates = CandidateResult.objects.exclude(manifest=None).values_list("manifest__artifacts", flat=True)
    return digests({"artifacts": artifacts} for artifacts in (*versions, *candidates))
