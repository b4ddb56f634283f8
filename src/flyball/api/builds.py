"""Builds of an endpoint, and their leaderboards."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page
from flyball.control.datasets import selectors as datasets
from flyball.control.jobs.document import document
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Build, CandidateResult
from flyball.control.routing.services import ask_build
from flyball.domain.schema import Field, Kind, Schema

BUILD = Schema(
    (
        Field(name="snapshot", kind=Kind.TEXT, nullable=True),
        Field(name="candidate", kind=Kind.TEXT, nullable=True),
        Field(name="promote", kind=Kind.BOOLEAN, nullable=True),
        Field(name="yes", kind=Kind.BOOLEAN, nullable=True),
        Field(name="if_better", kind=Kind.BOOLEAN, nullable=True),
        Field(name="again", kind=Kind.BOOLEAN, nullable=True),
    )
)


class Builds(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/builds``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(listed("builds", documents.Build), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of builds, newest first."""
        every = registry.builds(self.endpoint(request, endpoint).name)
        return Response({"builds": [_build(build) for build in page(request, every, "id")]})

    @described(documents.Job, "retired", "conflict", takes=BUILD, status=(202,))
    def post(self, request: Request, endpoint: str) -> Response:
        """The job that builds: a new one, or the same one that waits or runs already."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = {
            field: value for field, value in body(request, BUILD).items() if value is not None
        }
        if "snapshot" in sent:
            sent["snapshot"] = datasets.snapshot(name, str(sent["snapshot"])).digest
        again = sent.pop("again", False)
        job, _ = ask_build(endpoint=name, arguments=sent, again=again, user=actor(request).user)
        return Response(document(job), status=202)


class OneBuild(ManagementView):
    """``GET /api/endpoints/{endpoint}/builds/{number}``."""

    roles = {"GET": "viewer"}

    @described(documents.WholeBuild)
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """One build with its leaderboard, the best candidate first."""
        build = registry.build(self.endpoint(request, endpoint).name, number)
        board = [_result(result) for result in registry.leaderboard(build)]
        return Response({**_build(build), "leaderboard": board})


def _build(build: Build) -> dict[str, Any]:
    return {
        "id": build.pk,
        "endpoint": build.endpoint_id,
        "snapshot": build.snapshot and build.snapshot.digest,
        "status": build.status,
        "metric": build.metric,
        "seed": build.seed,
        "reproducible": build.reproducible,
        "environment": build.environment,
        "error": build.error,
        "arguments": build.arguments,
        "asked_by": build.asked_by and build.asked_by.get_username(),
        "asked_at": build.asked_at,
        "started_at": build.started_at,
        "finished_at": build.finished_at,
    }


def _result(result: CandidateResult) -> dict[str, Any]:
    return {
        "candidate": result.name,
        "rank": result.rank,
        "parameters": result.parameters,
        "fold_scores": result.fold_scores,
        "held_out_score": result.held_out_score,
        "trials": result.trials,
        "stopped_by_time": result.stopped_by_time,
        "seconds": result.seconds,
        "error": result.error,
        "ended": result.ended,
    }
