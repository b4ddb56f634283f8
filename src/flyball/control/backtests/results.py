"""The result of a backtest as one document, from all its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from flyball.control.backtests import estimating, scoring
from flyball.control.backtests.counts import Counts
from flyball.control.backtests.models import Backtest, BacktestPart
from flyball.control.backtests.rows import Table, table
from flyball.control.backtests.subject import Subject
from flyball.control.routing.foreseeing.changes import decision_text
from flyball.control.routing.foreseeing.tally import MOST_KINDS, spread
from flyball.domain.declaration import Endpoint
from flyball.domain.records import NOTHING
from flyball.domain.values import timestamp_text


def result(backtest: Backtest, subject: Subject, declaration: type[Endpoint], learned: str) -> dict[str, Any]:
    """Counts, agreement, both scores and estimates. ``learned`` says why they are too good, where they are.

    Scores and estimates are of all predictions that can be counted; where these are too many to hold at once,
    of some that chance chose, and their ``rows`` say of how many.
    """
    counts, sizes = Counts(), Counter[str]()
    for kept in BacktestPart.objects.filter(backtest=backtest).values_list("counts", flat=True):
        counts.add(kept["counts"])
        sizes.update(kept["sizes"])

    def read(name: str) -> Table:
        return table(_packed(backtest), name, sizes[name]) if sizes[name] else {}

    distances = read("distances")
    return {
        "metric": declaration.metric,
        "decision": decision_text(subject.decision),
        "as_of": timestamp_text(subject.as_of),
        "has_learned": bool(learned),
        "learned": learned,
        "is_selected": subject.observed_when is not None,
        "observed_when": subject.observed_when,
        "selection": subject.selection,
        **_counted(counts),
        "differences": spread(sorted(distances["distance"].tolist())) if distances else None,
        "by_label": _by_label(counts),
        "by_decision": _agreement(counts.tally.decisions, "decision"),
        **scoring.scores(read("scored"), subject, declaration),
        "off_policy": estimating.estimates(read("drawn"), counts, subject),
    }


def _packed(backtest: Backtest) -> Iterator[bytes]:
    """The rows of each part, one at a time: no cursor stays open meanwhile."""
    for number in list(BacktestPart.objects.filter(backtest=backtest).values_list("pk", flat=True)):
        yield bytes(BacktestPart.objects.values_list("rows", flat=True).get(pk=number))


def _counted(counts: Counts) -> dict[str, Any]:
    told = counts.tally.document()
    told["predictions"] = told.pop("looked_at")
    return {
        **told,
        "unobserved": counts.unobserved,
        "immature": counts.immature,
        "lacking": counts.lacking,
        "labelled": counts.labelled,
        "not_scored": [{"reason": why, "count": count} for why, count in counts.not_scored.most_common()],
        "answered_by": [
            {"version": version, "count": count} for version, count in sorted(counts.answered_by.items())
        ],
    }


def _by_label(counts: Counts) -> list[dict[str, Any]]:
    """By label: how often it was answered, would be, and happened; and how often each was right then."""
    rows = _agreement(counts.tally.labels, "label")
    known = {row["label"] for row in rows}
    rows += [
        {"label": label, "answered": 0, "version": 0, "same": 0}
        for label in counts.happened
        if label not in known
    ]
    return [
        {
            **row,
            "happened": counts.happened[row["label"]],
            "answered_right": counts.right[row["label"]],
            "version_right": counts.would_be_right[row["label"]],
        }
        for row in rows[:MOST_KINDS]
    ]


def _agreement(pairs: Counter[tuple[str, str]], name: str) -> list[dict[str, Any]]:
    """Of each value: how often it was there, would be, and both; the most frequent first."""
    before, after = Counter[str](), Counter[str]()
    for (one, other), count in pairs.items():
        before[one] += count
        after[other] += count
    every = (before + after).most_common(MOST_KINDS)
    if [value for value, _ in every] == [NOTHING]:
        return []  # nothing was decided, and nothing would be
    return [
        {name: value, "answered": before[value], "version": after[value], "same": pairs[value, value]}
        for value, _ in every
    ]
