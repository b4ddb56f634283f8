"""Builds as jobs: asked for, and to the end, where the winner is a version and, if wanted, the champion."""

from __future__ import annotations

from typing import Any

from flyball.control.diagnostics.services import ask_diagnosis
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.control.registry import jobs
from flyball.control.registry.models import Version
from flyball.control.routing.models import RouteRevision
from flyball.control.routing.selectors import champion, document, revisions
from flyball.control.routing.services import ask_build, promote_if_better
from flyball.control.routing.services import promote as make_champion


def build(
    endpoint: str,
    *,
    snapshot: str | None = None,
    candidate: str | None = None,
    promote: bool = False,
    yes: bool = False,
    if_better: bool = False,
    again: bool = False,
    user: Any = None,
) -> Job:
    """Ask for a build, in the caller's own transaction; a worker carries out the job that is returned.

    ``snapshot`` is a digest; the rest is as for ``flyball build``. Where the same build waits or runs
    already, its job is returned, unless ``again``. Raises ``UnknownEndpoint`` and ``Retired``.
    """
    asked = {
        "snapshot": snapshot,
        "candidate": candidate,
        "promote": promote,
        "yes": yes,
        "if_better": if_better,
    }
    return ask_build(endpoint=endpoint, arguments=asked, again=again, user=user)[0]


def carry_out(
    run: Run,
    *,
    snapshot: str | None = None,
    candidate: str | None = None,
    promote: bool = False,
    yes: bool = False,
    if_better: bool = False,
) -> dict[str, Any]:
    """What ``flyball build`` does, with the same rules: the version's name, and whether it is champion now.

    ``snapshot`` is a digest; ``yes`` also promotes where callers must send more, or the score is worse.
    ``if_better`` promotes only where nobody has to be asked, whatever ``yes`` says; where that is not so, the
    result has the ``reason``. Raises as ``run_build``, ``register`` and ``promote`` do.
    """
    endpoint = run.declaration().name
    done = jobs.build(run, snapshot=snapshot)
    run.report(progress=1.0, message="registering", log=f"Build {done.pk} has ended")  # a fence, too
    version = jobs.registered(run, done, candidate=candidate, champion=champion(endpoint))
    ask_diagnosis(version=version, user=run.user)
    if promote or if_better:
        run.report(progress=1.0, message="promoting")
        if _is_promoted(run, version):
            return {"promoted": True}
    if if_better:
        reason = promote_if_better(endpoint=endpoint, version=version.number, user=run.user)
        run.report(progress=1.0, log=f"Not promoted: {reason}" if reason else f"{version} is champion")
        return {"promoted": False, "reason": reason} if reason else {"promoted": True}
    if promote:
        make_champion(endpoint=endpoint, version=version.number, yes=yes, user=run.user)
    return {"promoted": promote}


def _is_promoted(run: Run, version: Version) -> bool:
    """Whether an earlier attempt has promoted the version: what was decided since is not undone.

    The first attempt keeps which revision was in force before.
    """
    every = revisions(version.endpoint_id)
    before = run.result.get("revision")
    if before is None:
        newest = every.first()
        run.keep(revision=0 if newest is None else newest.number)
        return False
    later = every.filter(number__gt=before, kind=RouteRevision.Kind.PROMOTION)
    return any(document(each).champion.version == version.number for each in later)
