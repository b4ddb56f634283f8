"""The parts of an ensemble as parameters of its own: their names, and each one's parameters by its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flyball.domain.errors import DataError

PARTS, WEIGHTS = "parts", "weights"
AND, OF = " + ", ": "


def joined(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Parameters of an ensemble of these parts: plain where theirs are."""
    own = {f"{part}{OF}{name}": value for part, given in parts.items() for name, value in given.items()}
    return {PARTS: AND.join(parts), **own}


def parted(parameters: Mapping[str, Any], known: Collection[str]) -> dict[str, dict[str, Any]]:
    """The parts among ``known`` candidates, in the ensemble's order, with the parameters of each.

    Raises ``DataError`` where a part is not known.
    """
    names = str(parameters.get(PARTS)).split(AND)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DataError(f"There is no candidate {unknown[0]!r}, which an ensemble is made of.")
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, value in parameters.items():
        owner, _, name = key.rpartition(OF)  # names of parameters are identifiers
        if owner:
            found[owner][name] = value
    return found
