"""Backtests as jobs: each attempt goes on with the parts that those before have written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from flyball.control.backtests.learned import learned
from flyball.control.backtests.models import Backtest, BacktestPart
from flyball.control.backtests.results import result
from flyball.control.backtests.subject import subject
from flyball.control.backtests.walking import first, walk
from flyball.control.jobs import running
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.control.registry import selectors as registry
from flyball.domain.errors import LearnedFromPeriod
from flyball.domain.records import now


def carry_out(run: Run, **_: Any) -> dict[str, Any]:
    """The job: what its backtest finds, kept with it.

    Raises ``UnknownVersion``, also for one that was removed, the errors of loading, and ``LearnedFromPeriod``
    where the version learned from the period and it was not asked for all the same.
    """
    backtest = Backtest.objects.get(job=run.id)
    run.keep(backtest=backtest.pk)
    version = registry.version(backtest.endpoint_id, backtest.version)
    run.report(message="looking what the version learned from")
    known = learned(version, backtest.start, backtest.end, first(backtest) or backtest.end)
    if known and not backtest.although_learned:
        raise LearnedFromPeriod(f"{known} Ask for it although it learned, and every score is too good.")
    declaration = run.declaration()
    asked = subject(backtest, version, declaration)
    walk(run, backtest, asked)
    run.report(progress=1.0, message="scoring", log="Every prediction has been asked about")
    found = result(backtest, asked, declaration, known)
    done = {"backtest": backtest.pk}
    with transaction.atomic():
        running.succeed(run, done)  # the fence: who has lost the job keeps nothing
        Backtest.objects.filter(pk=backtest.pk).update(result=found, done_at=now())
        BacktestPart.objects.filter(backtest=backtest).delete()
    return done


def follow(kept: Mapping[str, Any], status: str, error: str) -> None:
    """Forget the parts of a job that has ended; one that waits again goes on with them."""
    if status != Job.Status.QUEUED:
        BacktestPart.objects.filter(backtest=kept.get("backtest", 0)).delete()
