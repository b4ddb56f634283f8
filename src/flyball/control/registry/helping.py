"""Helpers: jobs that compute units of somebody else's build, each in a slot that has nothing else to do."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.models import QuerySet

from flyball.control.jobs import running, selectors, services
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.control.registry import building
from flyball.control.registry.models import Build, BuildUnit
from flyball.control.registry.selectors import dataset
from flyball.control.registry.working.stepping import Worker
from flyball.control.registry.working.units import Changed, Claimant
from flyball.domain.errors import Conflict, JobLost
from flyball.domain.weighing.declared import Weighing

KIND = "help"
WORTH = 2.0
"""A build that has run less than this is not helped: a helper's own start takes as long (seconds)."""
LOOK = 0.25
"""Between two looks for units while none is open (seconds)."""
LINGERS = 5.0
"""A helper that has found none for so long ends (seconds)."""
WATCH = 1.0
"""Between two looks for jobs that wait while a unit is computed (seconds)."""

GOES_ON = (Build.Status.RUNNING, Build.Status.QUEUED)
"""How a build is that is carried out, or will be after a pause: what is done meanwhile is not lost."""


class Left(Exception):
    """The build is not carried out as it was when the helper came."""


@dataclass(slots=True)
class Call:
    """Asks for a helper of a build where units wait: for one at a time, and for no more than there are units.

    The next is asked for once that one has begun; a slot that is free takes it.
    """

    build: Build
    since: float = field(default_factory=time.monotonic)
    _asked: float = field(default=float("-inf"), init=False)

    def __call__(self, waiting: int) -> None:
        """So many units wait for somebody."""
        moment = time.monotonic()
        if waiting < 1 or moment - self.since < WORTH or moment - self._asked < WATCH:
            return
        self._asked = moment
        with transaction.atomic():
            Build.objects.select_for_update(no_key=True).get(pk=self.build.pk)
            helpers = _helpers(self.build)
            if helpers.filter(status=Job.Status.QUEUED).exists():
                return
            if helpers.filter(status=Job.Status.RUNNING).count() < waiting:
                endpoint = self.build.endpoint
                asked = {"build": self.build.pk}
                services.ask(kind=KIND, team=endpoint.team, endpoint=endpoint, arguments=asked)


def dismiss(build: Build) -> None:
    """Have no helper begin any more. Nobody has asked for it by hand, and so nothing is left of it."""
    _helpers(build).filter(status=Job.Status.QUEUED).delete()


def carry_out(run: Run, *, build: int) -> dict[str, int]:
    """Compute units of a build until none was open for a while, or another job waits for the slot.

    None is where the build does not run, or the declaration, its code or the environment is another one here.
    """
    found = Build.objects.select_related("snapshot", "endpoint").filter(pk=build).first()
    if found is None or found.status != Build.Status.RUNNING or selectors.is_one_waiting():
        return {"units": 0}
    declaration = run.declaration()
    here = building.grounds(declaration)
    if found.snapshot is None or (found.environment, found.plan) != (here.environment, here.plan):
        run.report(log=f"Build {build} is carried out on other grounds than those here.")
        return {"units": 0}
    claimant = Claimant(name=run.holder, fence=lambda: _fence(run, found), got_on=run.keep, takes_over=False)
    rows = dataset(found.snapshot, declaration.task, Weighing.of(declaration).column)
    leaving = _Leaving(run, found)
    leaving.start()
    try:
        return {"units": _help(run, Worker(found, rows, declaration, claimant))}
    finally:
        leaving.stop()


def _help(run: Run, helper: Worker) -> int:
    call, units, last = Call(helper.build, since=0.0), 0, time.monotonic()
    try:
        while (wanted := helper.wanted()) and time.monotonic() - last < LINGERS:
            if selectors.is_one_waiting():
                break
            # The lead goes from candidate to candidate; what has the longest way to go is begun here.
            opened = sorted(helper.open(wanted), key=lambda asked: asked.unit.rung)
            call(len(opened) - 1)
            done = helper.step(opened)
            if done is None:
                _fence(run, helper.build)
                time.sleep(LOOK)
                continue
            units, last = units + 1, time.monotonic()
            run.report(message=f"{done[0].unit.candidate}, {units} done")
            if not done[1].is_to_be_kept:
                break  # there was too little memory here: it is the lead's
    except (Changed, Conflict, Left):
        pass
    return units


def _fence(run: Run, build: Build) -> None:
    """Raise ``JobLost`` or ``Left`` where a unit that is begun now would be nobody's, or on other grounds."""
    with transaction.atomic():
        run.keep()
        # Held to the end of the claim: who begins the build anew waits, and then forgets the unit.
        now = Build.objects.select_for_update(no_key=True).filter(pk=build.pk).first()
    grounds = (build.snapshot_id, build.plan, build.environment)
    if now is None or now.status not in GOES_ON or (now.snapshot_id, now.plan, now.environment) != grounds:
        raise Left


def _helpers(build: Build) -> QuerySet[Job]:
    every = Job.objects.filter(endpoint_id=build.endpoint_id, kind=KIND)
    return every.filter(arguments={"build": build.pk})


class _Leaving(threading.Thread):
    """Ends the helper in the middle of a unit where another job waits for its slot, or the build has ended.

    A last fit may take minutes, and somebody may wait for a chart. The unit is open again.
    """

    def __init__(self, run: Run, build: Build) -> None:
        super().__init__(name="flyball-leaving", daemon=True)
        self._run = run
        self._going_on = Build.objects.filter(pk=build.pk, status__in=GOES_ON)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """The helper ends by itself."""
        self._stopped.set()

    def run(self) -> None:
        """Look again and again."""
        try:
            while not self._stopped.wait(WATCH):
                if selectors.is_one_waiting() or not self._going_on.exists():
                    self._leave()
        except (DatabaseError, InterfaceError, JobLost):
            pass  # who computes the unit will notice
        finally:
            connections.close_all()

    def _leave(self) -> None:
        with transaction.atomic():
            running.succeed(self._run)
            BuildUnit.objects.filter(claimant=self._run.holder, done_at=None).delete()
        os._exit(0)
