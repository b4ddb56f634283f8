"""What is counted of a backtest's predictions, part by part and then together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from flyball.control.routing.foreseeing.tally import EXAMPLES, Tally

APART = ("distances", "examples")
"""Of a tally, what is not counted: distances are rows, and of examples a few are kept."""


@dataclass(slots=True)
class Counts:
    """Counts of predictions; each that could be asked is one of the first four, where outcomes are declared.

    ``unobserved`` were decided so that there is no outcome, ``immature`` have had too little time,
    ``lacking`` have had it and have none. Of the ``labelled`` ones ``not_scored`` has those that no score
    can take, by reason; ``happened``, ``right`` and ``would_be_right`` count the others by what happened.
    ``drawn`` are predictions whose arm was drawn at random, ``drawn_lacking`` those of them without an
    outcome that counts, and ``not_estimated`` those that no estimate can take, by reason.
    """

    tally: Tally = field(default_factory=Tally)
    unobserved: int = 0
    immature: int = 0
    lacking: int = 0
    labelled: int = 0
    drawn: int = 0
    drawn_lacking: int = 0
    answered_by: Counter[int] = field(default_factory=Counter)
    not_scored: Counter[str] = field(default_factory=Counter)
    not_estimated: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    would_be_right: Counter[str] = field(default_factory=Counter)

    def kept(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {**_kept(self), "tally": _kept(self.tally), "examples": self.tally.examples}

    def add(self, kept: Mapping[str, Any]) -> None:
        """Count what ``kept`` gave of another part, which comes after those before."""
        _add(self, kept)
        _add(self.tally, kept["tally"])
        self.tally.examples = (self.tally.examples + kept["examples"])[:EXAMPLES]


def _names(counts: Counts | Tally) -> list[str]:
    return [each.name for each in fields(counts) if each.name not in {"tally", *APART}]


def _kept(counts: Counts | Tally) -> dict[str, Any]:
    """Numbers as they are, counters as lists: their keys may be pairs, which JSON has not as names."""
    values = {name: getattr(counts, name) for name in _names(counts)}
    return {
        name: [[key, count] for key, count in value.items()] if isinstance(value, Counter) else value
        for name, value in values.items()
    }


def _add(counts: Counts | Tally, kept: Mapping[str, Any]) -> None:
    for name in _names(counts):
        known = getattr(counts, name)
        if isinstance(known, Counter):
            for key, count in kept[name]:
                known[tuple(key) if isinstance(key, list) else key] += count
        else:
            setattr(counts, name, known + kept[name])
