"""Errors of arms: calls that were answered and calls that were not, as servers count them by the minute."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from flyball.control.abtests.models import ABTest, Sums
from flyball.control.abtests.spec import Spec
from flyball.control.abtests.strata import History, Stratum
from flyball.control.arms.selectors import failures_by_arm

COUNTED = timedelta(days=1)
"""How long after its end a stratum is counted again: servers write their counts once a second."""


def count_errors(test: ABTest, spec: Spec, history: History, moment: datetime) -> None:
    """Write how many calls each arm had and failed at, anew, where a metric of the test asks for it.

    Where two arms are one version with two thresholds they fail alike, and are not told apart.
    """
    for judged in spec.metrics:
        if judged.shape == "errors":
            ends = [*(each.since for each in history.strata[1:]), history.ended_at]
            for stratum, end in zip(history.strata, ends, strict=True):
                if end is None or moment - end < COUNTED:
                    _count(test, judged.name, stratum, end)


def _count(test: ABTest, metric: str, stratum: Stratum, end: datetime | None) -> None:
    tried = failures_by_arm(test.endpoint_id, stratum.since, end)
    named = {label: (arm.version, arm.name) for label, arm in stratum.arms.items()}
    alike = Counter(named.values())
    for label, of in named.items():
        if of in tried and alike[of] == 1:
            found = tried[of]
            document = {"calls": found.answers + found.failures, "failures": found.failures}
            own = Sums.objects.filter(test=test, metric=metric, stratum=stratum.number, arm=label)
            if not own.update(document=document):
                Sums.objects.create(
                    test=test, metric=metric, stratum=stratum.number, arm=label, document=document
                )
