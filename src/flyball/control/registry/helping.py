"""Helpers: jobs that compute units of somebody else's build, each in a slot that has nothing else to do."""

from __future__ import annotations

import time

from django.db import transaction

from flyball.control.jobs import selectors
from flyball.control.jobs.running import Run
from flyball.control.jobs.sharing.calling import Call, Shared
from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.jobs.sharing.leaving import Leaving
from flyball.control.registry import building
from flyball.control.registry.models import Build, BuildUnit
from flyball.control.registry.selectors import dataset
from flyball.control.registry.working.stepping import Worker
from flyball.control.registry.working.units import Changed
from flyball.domain.errors import Conflict
from flyball.domain.weighing.declared import Weighing

KIND = "help"
LOOK = 0.25
"""Between two looks for units while none is open (seconds)."""
LINGERS = 5.0
"""A helper that has found none for so long ends (seconds)."""

GOES_ON = (Build.Status.RUNNING, Build.Status.QUEUED)
"""How a build is that is carried out, or will be after a pause: what is done meanwhile is not lost."""


class Left(Exception):
    """The build is not carried out as it was when the helper came."""


def shared(build: Build) -> Shared:
    """A build as what helpers come for."""
    return Shared(kind=KIND, endpoint=build.endpoint, row=build, arguments={"build": build.pk})


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
    going_on = Build.objects.filter(pk=build, status__in=GOES_ON)
    begun = BuildUnit.objects.filter(claimant=run.holder, done_at=None)
    leaving = Leaving(run, going_on.exists, begun.delete)
    leaving.start()
    try:
        return {"units": _help(run, Worker(found, rows, declaration, claimant))}
    finally:
        leaving.stop()


def _help(run: Run, helper: Worker) -> int:
    call, units, last = Call(shared(helper.build), since=0.0), 0, time.monotonic()
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
