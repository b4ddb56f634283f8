"""A/B tests of an endpoint: planned, started, looked at, weighed anew, counted again and stopped."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import abtests as tests
from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page
from flyball.control.abtests import making, selectors, services
from flyball.control.abtests.judging.standing import band, standing
from flyball.control.abtests.models import ABTest
from flyball.control.abtests.wording.expecting import expected as expected_of
from flyball.control.abtests.wording.listing import summaries
from flyball.control.abtests.wording.reading import READERS, read, read_shares
from flyball.control.jobs.document import document
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.schema import Field, Kind, Schema

EXPECTED = Field(name="expected", kind=Kind.INTEGER, nullable=True)
STOP = Schema((Field(name="reason", kind=Kind.TEXT, nullable=True), EXPECTED))
STARTING = (
    "conflict",
    "retired",
    "not_found",
    "unknown_version",
    "policy_unmet",
    "artifact_untrusted",
    "artifact_corrupt",
    "golden_mismatch",
    "unusable",
)
"""Codes of the errors that keep a test from being started."""
BAND = {
    "arm": {"type": "string", "required": True, "description": "An arm as the test names it: 8, 8@0.4."},
    "metric": {"type": "string", "required": True},
}


class ABTests(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/tests``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(listed("tests", tests.TestSummary), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of the endpoint's A/B tests, newest first."""
        name = self.endpoint(request, endpoint).name
        return Response({"tests": summaries(name, page(request, selectors.tests(name), "number"))})

    @described(tests.StartedTest, *STARTING, takes=tests.STARTED, status=(201,))
    def post(self, request: Request, endpoint: str) -> Response:
        """Start a test: an A/B test, with steps a canary, with every a bandit.

        ``expected`` is the revision in force as the caller knows it.
        """
        name = self.endpoint(request, endpoint).name
        expected = body(request, Schema((EXPECTED,)), besides=READERS)["expected"]
        data: Any = request.data
        words = {each: value for each, value in data.items() if each != "expected"}
        started = services.start(
            endpoint=name, asked=read(words), expected=_whole(expected), user=actor(request).user
        )
        answer = standing(started.test)
        expectation = expected_of(answer["metrics"][0]["name"], started.plan)
        more = {"revision": started.revision.number, "expectation": expectation}
        return Response({**answer, **more}, status=201)


class PlanABTest(ManagementView):
    """``POST /api/endpoints/{endpoint}/tests/plan``."""

    roles = {"POST": "owner"}

    @described(tests.TestPlan, *STARTING, takes=tests.ASKED)
    def post(self, request: Request, endpoint: str) -> Response:
        """What such a test would find, with how many units, in how many days; it starts nothing."""
        name = self.endpoint(request, endpoint).name
        body(request, Schema(()), besides=READERS)
        data: Any = request.data
        spec, plan = services.plan(endpoint=name, asked=read(data))
        return Response(expected_of(spec.primary.name, plan))


class ABTestView(ManagementView):
    """What a view of one test has."""

    def test(self, request: Request, endpoint: str, number: int) -> ABTest:
        """The test, for an actor with the method's role. Raises as ``endpoint`` does; ``NotFound``."""
        return selectors.abtest(self.endpoint(request, endpoint).name, number)


class OneABTest(ABTestView):
    """``GET /api/endpoints/{endpoint}/tests/{number}``."""

    roles = {"GET": "viewer"}

    @described(tests.Test)
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """How a test stands: arms, metrics with their intervals, the split, and the verdict."""
        return Response(standing(self.test(request, endpoint, number)))


class ABTestBand(ABTestView):
    """``GET /api/endpoints/{endpoint}/tests/{number}/band?arm=8&metric=outcome``."""

    roles = {"GET": "viewer"}

    @described(listed("band", tests.TestPoint), query=BAND)
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """The interval of one metric of one arm over time, the oldest look first."""
        test = self.test(request, endpoint, number)
        asked = {name: request.query_params.get(name) for name in BAND}
        missing = [Problem(f"/{name}", "missing", "A value is needed.") for name in BAND if not asked[name]]
        if missing:
            raise InvalidInput("The query does not fit.", problems=missing)
        return Response({"band": band(test, asked["arm"] or "", asked["metric"] or "")})


class WeighABTest(ABTestView):
    """``POST /api/endpoints/{endpoint}/tests/{number}/weights``: ``{"shares": {"8": "30%"}}``."""

    roles = {"POST": "owner"}

    @described(tests.Test, "conflict", takes=tests.WEIGHTS)
    def post(self, request: Request, endpoint: str, number: int) -> Response:
        """The test with other shares. One that is left out ends; the champion has the rest."""
        test = self.test(request, endpoint, number)
        expected = body(request, Schema((EXPECTED,)), besides=("shares",))["expected"]
        data: Any = request.data
        shares = data.get("shares")
        if not isinstance(shares, dict):
            problem = Problem("/shares", "wrong_type", "Expected an object: shares by arm.")
            raise InvalidInput("The body does not fit.", problems=[problem])
        user = actor(request).user
        services.reweigh(test=test, shares=read_shares(shares), expected=_whole(expected), user=user)
        return Response(standing(test))


class StopABTest(ABTestView):
    """``POST /api/endpoints/{endpoint}/tests/{number}/stop``: ``{"reason": "the sale is over"}``."""

    roles = {"POST": "owner"}

    @described(tests.Test, "conflict", takes=STOP)
    def post(self, request: Request, endpoint: str, number: int) -> Response:
        """The test, which has ended: the champion answers all units again."""
        test = self.test(request, endpoint, number)
        sent: dict[str, Any] = body(request, STOP)
        reason = f"is stopped: {sent['reason']}" if sent["reason"] else ""
        ended = services.stop(
            test=test, reason=reason, expected=_whole(sent["expected"]), user=actor(request).user
        )
        return Response(standing(ended))


class RecountABTest(ABTestView):
    """``POST /api/endpoints/{endpoint}/tests/{number}/recount``: ``{}``."""

    roles = {"POST": "owner"}

    @described(documents.Job, "retired", takes=Schema(()), status=(202,))
    def post(self, request: Request, endpoint: str, number: int) -> Response:
        """The job that counts the test again from the stored rows: a new one, or one that waits or runs."""
        test = self.test(request, endpoint, number)
        body(request, Schema(()))
        job, _ = making.recount(test=test, user=actor(request).user)
        return Response(document(job), status=202)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
