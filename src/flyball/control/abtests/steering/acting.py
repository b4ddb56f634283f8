"""Acting on a verdict: a promotion, an arm that goes back, the next step, other shares; or nothing."""

from __future__ import annotations

import logging
from datetime import datetime

from flyball.control.abtests import services
from flyball.control.abtests.judging.summarising import added, arm_counts, moments_of
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.spec import Spec
from flyball.control.abtests.steering import bandit, canary
from flyball.control.abtests.strata import CHAMPION, History
from flyball.control.routing.models import RouteRevision
from flyball.domain.abtests.verdict import Verdict
from flyball.domain.errors import FlyballError

logger = logging.getLogger(__name__)
ENDS = {"no_difference", "time_over"}


def act(*, test: ABTest, spec: Spec, history: History, verdict: Verdict, moment: datetime) -> None:
    """Do what the spec declares for a verdict. What is refused is its trouble, and tried again.

    A canary goes back on harm whatever is declared; other tests do nothing where they are only to tell.
    """
    try:
        _act(test, spec, history, verdict, moment)
    except FlyballError as error:
        test.trouble = f"The verdict could not be acted on: {error.detail}"[:500]
        test.save(update_fields=["trouble"])
        logger.warning("%s: the verdict could not be acted on (%s).", test, error.code)


def _act(test: ABTest, spec: Spec, history: History, verdict: Verdict, moment: datetime) -> None:
    if spec.ramp is not None:
        _ramp(test, spec, history, verdict, moment)
    elif verdict.final and spec.action == "promote":
        _end(test, history, verdict)
    elif spec.bandit is not None:
        _share(test, spec, history, moment)


def _end(test: ABTest, history: History, verdict: Verdict) -> None:
    if verdict.state in {"winner", "not_worse"} and verdict.challenger is not None:
        services.win(test=test, arm=verdict.challenger, reason=f"is won: {verdict.sentence}")
    elif verdict.state == "harm" and verdict.challenger is not None:
        _send_back(test, history, verdict.challenger, verdict.sentence)
    elif verdict.state in ENDS:
        services.stop(test=test, reason=f"ends: {verdict.sentence}")


def _send_back(test: ABTest, history: History, arm: str, sentence: str) -> None:
    """An arm that harms ends; the test goes on with the others."""
    shares = history.strata[-1].shares
    left = {name: share for name, share in shares.items() if name not in {CHAMPION, arm}}
    reason = f"sends {arm} back: {sentence}"
    if not left:
        services.stop(test=test, reason=reason)
    elif arm in shares:
        kind = RouteRevision.Kind.TEST
        services.reweigh(test=test, shares=left, reason=reason, kind=kind)
        test.decided_at = None  # of this arm alone
        test.save(update_fields=["decided_at"])


def _ramp(test: ABTest, spec: Spec, history: History, verdict: Verdict, moment: datetime) -> None:
    if verdict.state == "harm" and verdict.challenger is not None:
        _send_back(test, history, verdict.challenger, verdict.sentence)
        return
    if verdict.state == "time_over":
        services.stop(test=test, reason=f"ends: {verdict.sentence}")
        return
    assert spec.ramp is not None  # noqa: S101 - asked before
    arm, step = history.challengers[0], history.strata[-1].number
    units = added(test).units.get((step, arm), {}).get("units", 0)
    share = canary.next_share(spec.ramp, history, verdict, units, moment)
    if share is None:
        return
    if share >= 1.0:
        services.win(test=test, arm=arm, reason="has taken its last step without harm")
        return
    reason = f"goes on to {share:.0%}"
    services.reweigh(test=test, shares={arm: share}, reason=reason, kind=RouteRevision.Kind.RAMP)


def _share(test: ABTest, spec: Spec, history: History, moment: datetime) -> None:
    assert spec.bandit is not None  # noqa: S101 - asked before
    kept = added(test)
    moments = moments_of(spec.primary, kept.metrics.get(spec.primary.name, {}))
    units = {arm: counts["units"] for arm, counts in arm_counts(kept).items()}
    lower = spec.primary.better == "lower"
    shares = bandit.next_shares(spec.bandit, history, moments, units, moment, lower=lower)
    if shares is None:
        return
    if not shares.keys() - {CHAMPION}:
        services.stop(test=test, reason=f"ends: its budget of {spec.bandit.budget:g} is spent")
        return
    kind = RouteRevision.Kind.TEST
    services.reweigh(test=test, shares=shares, reason="shares follow what was seen", kind=kind)
