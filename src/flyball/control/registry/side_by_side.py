"""Several versions beside each other: whether their scores can be compared, and what else they differ in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flyball.control.registry import selectors
from flyball.control.registry.models import Artifact, Version
from flyball.control.registry.removing import digests
from flyball.domain.errors import InvalidInput, Problem

FEWEST, MOST = 2, 6
"""How many versions stand beside each other."""


def chosen(endpoint: str, numbers: Iterable[int]) -> list[Version]:
    """The versions of some numbers, in their order, each once.

    Raises ``InvalidInput`` for fewer than ``FEWEST`` or more than ``MOST``, ``UnknownVersion``.
    """
    wanted = sorted(set(numbers))
    if not FEWEST <= len(wanted) <= MOST:
        problem = Problem("/version", "wrong_count", f"Choose {FEWEST} to {MOST} different versions.")
        raise InvalidInput("So many versions do not stand beside each other.", problems=[problem])
    found = list(selectors.versions(endpoint).filter(number__in=wanted).reverse())
    for number in set(wanted) - {each.number for each in found}:
        selectors.version(endpoint, number)  # says why it is not there
    return found


def doubts(versions: Sequence[Version]) -> list[str]:
    """Why the held-out scores of some versions cannot be compared, a sentence each; none where they can."""
    found = []
    if any(fact(each, "held_out_score") is None for each in versions):
        found.append("Not every version has a score of its own: one that was fitted elsewhere has none.")
    if _differ(versions, "metric"):
        found.append("Their builds were scored by different metrics.")
    if _differ(versions, "snapshot", "digest"):
        found.append("They learned from different snapshots, so other rows were held out.")
    elif _differ(versions, "seed"):
        found.append("Their builds had different seeds, so other rows may have been held out.")
    return found


def parameters(versions: Sequence[Version]) -> dict[str, list[Any]]:
    """Every hyperparameter by name, with its value in each version; ``None`` where it has none."""
    every = [fact(each, "parameters") for each in versions]
    held = [each if isinstance(each, dict) else {} for each in every]
    names = dict.fromkeys(name for each in held for name in each)
    return {name: [each.get(name) for each in held] for name in names}


def sizes(manifests: Mapping[int, Any]) -> dict[int, int | None]:
    """The bytes of the artifact that answers, by the number of the version or candidate it is of."""
    answering = {number: _answering(manifest) for number, manifest in manifests.items()}
    known = dict(Artifact.objects.filter(digest__in=answering.values()).values_list("digest", "size"))
    return {number: known.get(digest) for number, digest in answering.items()}


def fact(version: Version, *path: str) -> Any:
    """One of a version's facts, which another release or folder may lack, or hold otherwise."""
    found: Any = version.facts
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _differ(versions: Sequence[Version], *path: str) -> bool:
    """Whether a fact is not the same everywhere; one that is not known may be anything."""
    values = [fact(each, *path) for each in versions]
    return None in values or any(value != values[0] for value in values)


def _answering(manifest: Any) -> str:
    artifacts = manifest.get("artifacts") if isinstance(manifest, dict) else None
    usable = [each for each in artifacts or [] if not each.get("unused")]
    return next(iter(digests([{"artifacts": usable[:1]}])), "")
