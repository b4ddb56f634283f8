"""How a test stands, in one document: what the page, the command and the management API show of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.control.abtests import selectors
from flyball.control.abtests.counting.accumulating import LATENCIES, counts
from flyball.control.abtests.judging.coming import next_sentence
from flyball.control.abtests.judging.summarising import (
    Added,
    By,
    added,
    arm_counts,
    by_day,
    moments_of,
    summary,
)
from flyball.control.abtests.judging.verdicts import document_of, interval_of
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.spec import Judged, Spec, of_document
from flyball.control.abtests.strata import CHAMPION, History, history
from flyball.control.routing import selectors as routing
from flyball.domain.abtests import split, sums
from flyball.domain.abtests.claims import levels
from flyball.domain.abtests.metrics import quantile_of
from flyball.domain.abtests.plan import detectable
from flyball.domain.abtests.verdict import Summary, judge
from flyball.domain.records import now
from flyball.domain.values import moment_text

_NOTHING: Mapping[str, Any] = {
    **{name: [] for name in ("arms", "strata", "metrics", "days")},
    **dict.fromkeys(("split", "sample", "verdict")),
    **dict.fromkeys(("exposed", "mature"), 0),
    "next": "",
}
"""What is known of a test that was never in force."""


def standing(test: ABTest) -> dict[str, Any]:
    """All that is known of a test; reads what was added up, and never a unit or a prediction.

    Intervals are of the difference from the champion; bounds that say nothing are ``None``. Shares are those
    of now. Times are ISO 8601, durations seconds.
    """
    found, spec = history(test), of_document(test.spec)
    base = _base(test, spec, found)
    if not found.strata:
        return {**base, **_NOTHING}
    kept, moment = added(test), now()
    seen = summary(spec, found, kept, moment)
    verdict = test.verdict if test.decided_at or found.ended_at else document_of(judge(seen, spec.rules))
    return base | {
        "arms": _arms(found, kept),
        "strata": _strata(test, found, kept),
        "metrics": [_metric(each, kept, seen, found) for each in spec.metrics],
        "days": _days(spec, found, kept),
        "split": {
            "evidence": float(seen.mismatch),
            "broken_from": -math.log(split.LEVEL),
            "cause": seen.cause,
        },
        "sample": _sample(spec, found, kept),
        "exposed": seen.exposed,
        "mature": seen.mature,
        "verdict": verdict,
        "next": next_sentence(test, spec, found, _own_units(found, kept), moment),
    }


def _base(test: ABTest, spec: Spec, found: History) -> dict[str, Any]:
    return {
        "endpoint": test.endpoint_id,
        "number": test.number,
        "name": test.name,
        "kind": spec.kind,
        "state": state(test, found),
        "unit": spec.unit,
        "level": spec.level,
        "at_least": spec.at_least,
        "at_most": spec.at_most,
        "stops": list(spec.stops),
        "action": spec.action,
        "created_at": moment_text(test.created_at),
        "started_at": moment_text(found.strata[0].since) if found.strata else None,
        "ended_at": moment_text(found.ended_at),
        "ended_by": found.ended_by,
        "decided_at": moment_text(test.decided_at),
        "next_look_at": moment_text(test.next_look_at),
        "trouble": test.trouble,
    }


def state(test: ABTest, found: History) -> str:
    """``running``, ``ended``, or ``not_started`` where no route ever had it."""
    if not found.strata:
        return "not_started"
    return "running" if found.ended_by is None else "ended"


def band(test: ABTest, arm: str, metric: str) -> list[dict[str, Any]]:
    """The interval of one metric of one arm over time, as looks saw it, with ``at`` and ``units``."""
    points = []
    for look in selectors.looks(test):
        for reading in look.document["readings"]:
            if (reading["arm"], reading["metric"]) == (arm, metric):
                # Looks that were kept before there was such a word have none.
                numbers = {name: reading.get(name, 0) for name in ("estimate", "lower", "upper", "ahead")}
                points.append({"at": moment_text(look.at), "units": look.document["exposed"], **numbers})
    return points


def _own_units(found: History, kept: Added) -> int:
    """Of the first challenger: those that came first since the weights are as they are."""
    return int(kept.units.get((found.strata[-1].number, found.challengers[0]), {}).get("units", 0))


def _arms(found: History, kept: Added) -> list[dict[str, Any]]:
    counted, shares = arm_counts(kept), found.strata[-1].shares
    arms = {name: arm for stratum in found.strata for name, arm in stratum.arms.items()}
    over = found.ended_at is not None
    return [
        {
            "name": name,
            "version": arms[name].version,
            "threshold": arms[name].threshold,
            "share": None if over else shares.get(name, 0.0),
            "units": counted[name]["units"],
            "predictions": counted[name]["predictions"],
        }
        for name in (CHAMPION, *found.challengers)
    ]


def _strata(test: ABTest, found: History, kept: Added) -> list[dict[str, Any]]:
    numbers = [each.revision for each in found.strata]
    reasons = dict(
        routing.revisions(test.endpoint_id).filter(number__in=numbers).values_list("number", "reason")
    )
    return [
        {
            "number": each.number,
            "revision": each.revision,
            "since": moment_text(each.since),
            "shares": each.shares,
            "units": {
                arm: int(kept.units.get((each.number, arm), {}).get("units", 0)) for arm in each.shares
            },
            "reason": reasons.get(each.revision, ""),
        }
        for each in found.strata
    ]


def _sample(spec: Spec, found: History, kept: Added) -> dict[str, float | None]:
    """The planned sample, how much of it there is of the challenger that has least, and what all of it finds.

    ``effect`` is the difference in the primary metric that four of five tests find, looked at once, by the
    variance that was seen; ``None`` while that is not known.
    """
    moments = moments_of(spec.primary, kept.metrics.get(spec.primary.name, {}))
    total = sum(float(each.units) for each in moments.values())
    spread = sum(float(each.units) * float(each.variance) for each in moments.values() if each.units > 1)
    level = levels(spec.level, [each.claimed for each in spec.metrics], len(found.challengers))
    known = spread / total if total else 0.0
    return {
        "information": spec.information,
        "seen": min(_information(moments, found, name) for name in found.challengers),
        "effect": detectable(level[spec.primary.name], known, spec.information) if known > 0 else None,
    }


def _information(moments: By, found: History, challenger: str) -> float:
    pairs = [
        (float(moments[each.number, challenger].units), float(moments[each.number, CHAMPION].units))
        for each in found.strata
        if (each.number, challenger) in moments and (each.number, CHAMPION) in moments
    ]
    return sum(one * other / (one + other) for one, other in pairs if one + other)


def _metric(judged: Judged, kept: Added, seen: Summary, found: History) -> dict[str, Any]:
    documents = kept.metrics.get(judged.name, {})
    return {
        "name": judged.name,
        "role": judged.role,
        "better": judged.better,
        "shape": judged.shape,
        "margin": judged.margin,
        "one_sided": judged.one_sided,
        "within": judged.within,
        "mature": kept.total(judged.name, "mature"),
        "known": kept.total(judged.name, "known"),
        "values": [
            {"arm": name, **_value(judged, documents, name)} for name in (CHAMPION, *found.challengers)
        ],
        "readings": [
            {"arm": each.name, **interval_of(reading.interval, judged.claimed)}
            for each in seen.challengers
            for reading in each.readings
            if reading.metric.name == judged.name
        ],
    }


def _days(spec: Spec, found: History, kept: Added) -> list[dict[str, Any]]:
    """The primary metric's difference by days since a unit's first prediction."""
    return [
        {"arm": name, "day": day, **interval_of(interval)}
        for name in found.challengers
        for day, interval in enumerate(by_day(spec, found, kept, spec.primary, name))
    ]


def _value(
    judged: Judged, documents: Mapping[tuple[int, str], Mapping[str, Any]], arm: str
) -> dict[str, Any]:
    """An arm's own value, over all its units: of latency the quantile in seconds. It decides nothing."""
    own = {at: each for at, each in documents.items() if at[1] == arm}
    if judged.shape == "latency":
        total = np.sum([counts(each, 1, len(LATENCIES.edges) + 1)[0] for each in own.values()], axis=0)
        return {
            "value": _quantile(np.atleast_1d(total), quantile_of(judged.name)),
            "units": int(np.sum(total)),
        }
    if judged.shape in {"mean", "cuped", "ratio"}:
        return _of_sums(sum((sums.of_document(each["sums"]) for each in own.values()), sums.Sums()), judged)
    moments = list(moments_of(judged, own).values())
    units = sum(float(each.units) for each in moments)
    value = sum(float(each.units) * float(each.mean) for each in moments) / units if units else None
    return {"value": value, "units": int(units)}


def _of_sums(total: sums.Sums, judged: Judged) -> dict[str, Any]:
    """As the rows say it: what was foretold is taken off differences alone."""
    over = total.second if judged.shape == "ratio" else total.units
    return {"value": float(total.first / over) if over else None, "units": total.units}


def _quantile(total: np.ndarray, quantile: float) -> float | None:
    """The upper edge of the bin that the quantile is in."""
    if not total.sum():
        return None
    at = int(np.searchsorted(np.cumsum(total), quantile * total.sum()))
    return float(LATENCIES.edges[min(at, len(LATENCIES.edges) - 1)])
