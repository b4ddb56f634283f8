"""Planning: what a test can find, and how long it takes, from the endpoint's own traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from flyball.control.abtests.asking import DAY, Asked
from flyball.control.abtests.counting.accumulating import SCORES, counts, summed
from flyball.control.abtests.counting.measures.choosing import default_metric, judged, measure
from flyball.control.abtests.counting.measures.units import Unit, what_they_bring
from flyball.control.abtests.spec import Bandit, Judged, Ramp, Spec
from flyball.control.routing.models import Prediction
from flyball.domain import routing
from flyball.domain.abtests import adjusted, plan, sums
from flyball.domain.abtests.claims import levels
from flyball.domain.abtests.histograms import auc
from flyball.domain.abtests.moments import Moments
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.records import first_id, now
from flyball.domain.routing import Manifest, Route

BACK = timedelta(days=28)
"""How much of the past is looked at."""
MOST = 20_000
"""And at most so many of its predictions, the newest."""
USUAL = 28 * DAY
"""How long a test is planned to run where nothing else is said (seconds)."""
FEW = 2_000.0
"""Units that a test is planned with where there is no traffic yet."""
PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is to be expected of a test.

    ``units_a_day`` are those that came lately; ``variance`` that of one unit's value of the primary metric
    (``None``: not known). ``effect`` is the smallest difference that is worth finding or can be found;
    ``units`` are those of the whole endpoint, and ``days`` their time, looked at once; ``days_at_most`` those
    by which four of five such tests have found it, however often they are looked at.
    """

    units_a_day: float
    variance: float | None
    effect: float | None
    units: float | None
    days: float | None
    days_at_most: float | None


def draft(asked: Asked, declaration: type[Endpoint], champion: Manifest) -> Spec:
    """The spec that is asked for, before anything is known of its traffic. Raises ``InvalidInput``."""
    maturity = _maturity(declaration.outcome)
    within = maturity if asked.within is None else asked.within
    name = asked.metric or default_metric(declaration, champion)
    metrics = [
        judged(
            declaration,
            champion,
            name,
            "primary",
            within=within,
            margin=asked.margin,
            one_sided=asked.one_sided,
            better=asked.better,
        ),
        *(judged(declaration, champion, each, "secondary", within=within) for each in asked.secondary),
        *(
            judged(declaration, champion, each.metric, "guardrail", within=within, margin=each.margin)
            for each in asked.guards
        ),
    ]
    _check_claims(asked, metrics)
    return Spec(
        unit=asked.unit,
        metrics=tuple(metrics),
        maturity=min(maturity, within),
        information=FEW,
        level=asked.level,
        at_least=asked.at_least,
        at_most=asked.at_most,
        stops=("harm",) if asked.steps else tuple(asked.stops),
        action=asked.action,
        ramp=Ramp(steps=tuple(asked.steps), each=asked.each) if asked.steps else None,
        bandit=None
        if asked.every is None
        else Bandit(every=asked.every, floor=asked.floor, budget=asked.budget),
    )


def _check_claims(asked: Asked, metrics: Sequence[Judged]) -> None:
    """Raise ``InvalidInput`` where nothing could be claimed of such metrics."""
    try:
        levels(asked.level, [each.claimed for each in metrics], len(asked.challengers))
    except ValueError as error:
        problem = Problem("/metric", "conflict", str(error))
        raise InvalidInput("The test cannot be judged so.", problems=[problem]) from None


def planned(
    asked: Asked, spec: Spec, route: Route, declaration: type[Endpoint], champion: Manifest
) -> tuple[Spec, Planned]:
    """The spec tuned to the traffic, and what is to be expected."""
    units, a_day = _past(route, spec.unit)
    a_day *= asked.layer_share
    known = _known(spec, spec.primary, declaration, champion, units)
    variance = None if known is None else float(known.variance) or None
    share = max(asked.share if not asked.steps else asked.steps[-1] / 2, 1e-4)
    rest = max(1.0 - sum(asked.shares.values()), 1e-4) if not asked.steps else 1.0 - share
    level = levels(spec.level, [each.claimed for each in spec.metrics], len(asked.challengers))
    of_unit = plan.informative(share, rest)
    expected = (a_day or FEW / 28) * _horizon(spec) / DAY * of_unit
    effect = asked.effect
    if effect is None and variance and expected > 0:
        effect = plan.detectable(level[spec.primary.name], variance, expected)
    if effect is None or not variance:
        found = Planned(
            units_a_day=a_day, variance=variance, effect=effect, units=None, days=None, days_at_most=None
        )
        return _tuned(spec, expected), found
    made = plan.Plan(level[spec.primary.name], variance, effect, share, rest)
    slower = plan.SEQUENTIAL[0.01 if spec.level <= 0.01 else 0.05]
    found = Planned(
        units_a_day=a_day,
        variance=variance,
        effect=effect,
        units=made.units,
        days=made.days(a_day) if a_day else None,
        days_at_most=made.days(a_day, slower) if a_day else None,
    )
    if known is not None and _is_rate(spec, declaration) and made.few(float(known.mean)):
        spec = replace(spec, metrics=(replace(spec.primary, bets=True), *spec.metrics[1:]))
    return _tuned(spec, made.information), found


def _horizon(spec: Spec) -> float:
    """How long it is planned to run (seconds). Harm must show while a canary takes its steps, or never."""
    if spec.ramp is not None:
        return spec.ramp.each * len(spec.ramp.steps)
    return spec.at_most or spec.at_least or USUAL


def _is_rate(spec: Spec, declaration: type[Endpoint]) -> bool:
    """Whether the primary metric is 0 or 1 of each unit: one prediction, and two outcomes."""
    chosen, is_single = spec.primary, spec.primary.within <= spec.maturity
    is_rate = chosen.name == "accuracy" or (chosen.name, declaration.task) == ("outcome", "classification")
    return is_single and is_rate and not chosen.declared and not chosen.one_sided


def _tuned(spec: Spec, information: float) -> Spec:
    return replace(spec, information=max(information, 1.0))


def _maturity(outcome: Any) -> float:
    """How long outcomes may take (seconds): as declared, else a week."""
    declared = timedelta(0) if outcome is None else outcome.maturity
    return float(declared.total_seconds() or 7 * DAY)


def _past(route: Route, unit: str) -> tuple[list[Unit], float]:
    """The units that came lately, each with its first prediction, and how many came in a day."""
    named, since = routing.ABTest(number=0, salt="", unit=unit, runs=()), now() - BACK
    first: dict[str, tuple[UUID, datetime]] = {}
    read, oldest = 0, now()
    for rows in _pages(route.endpoint, first_id(since)):
        for identity, entity, values, reference, created_at in rows:
            name = named.unit_of(entity or {}, values or {}, reference)
            oldest, read = created_at, read + 1
            if name is not None:
                first[name] = (identity, created_at)
    days = max((now() - (oldest if read >= MOST else since)) / timedelta(days=1), 1e-6)
    if read and read < MOST:
        days = max((now() - oldest) / timedelta(days=1), 1 / 24)
    units = [Unit(name, 0, "", created_at, (identity,)) for name, (identity, created_at) in first.items()]
    return units, len(units) / days if units else 0.0


def _pages(endpoint: str, after: UUID) -> Any:
    names = ("id", "entity", "input", "reference", "created_at")
    every = Prediction.objects.filter(endpoint=endpoint, id__gt=after, arm__isnull=False).order_by("-id")
    before: UUID | None = None
    for _ in range(MOST // PAGE):
        page = every if before is None else every.filter(id__lt=before)
        rows = list(page.values_list(*names)[:PAGE])
        if rows:
            yield rows
            before = rows[-1][0]
        if len(rows) < PAGE:
            return


def _known(
    spec: Spec, chosen: Judged, declaration: type[Endpoint], champion: Manifest, units: Sequence[Unit]
) -> Moments | None:
    """What the values of units were whose time is over; ``None`` of too few."""
    if chosen.shape in {"errors", "latency"}:
        return None  # what exceeds a quantile is a rate that the quantile gives
    until = now() - timedelta(seconds=chosen.within)
    over = [unit for unit in units if unit.exposed_at < until]
    measured = measure(spec, chosen, declaration, champion)
    pages = (over[start : start + PAGE] for start in range(0, len(over), PAGE))
    found = [each for page in pages for each in what_they_bring(measured, page)]
    known = [each.all for each in found if each.all is not None]
    if len(known) < 10:
        return None
    return _moments(chosen, summed(chosen.shape, known))


def _moments(chosen: Judged, document: Mapping[str, Any]) -> Moments:
    if chosen.shape == "auc":
        return auc(*counts(document, 2, len(SCORES.edges) + 1))
    exact = sums.of_document(document["sums"])
    if chosen.shape == "mean":
        return exact.moments()
    pair = exact.pair()
    if chosen.shape == "ratio":
        return adjusted.ratio(pair)
    return adjusted.cuped(pair, np.asarray(adjusted.theta([pair])))
