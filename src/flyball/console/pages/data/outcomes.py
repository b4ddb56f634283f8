"""Outcomes: told to a prediction, taken back, and those that found no prediction of their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from flyball import inprocess
from flyball.console.frame.page import Page, is_text, to
from flyball.console.frame.paging import some
from flyball.console.frame.predicted import answer
from flyball.console.pages.data.predictions import OnePrediction
from flyball.console.pages.endpoints import crumbs
from flyball.control.routing import selectors, services
from flyball.control.routing.models import Outcome
from flyball.domain.errors import InvalidInput, NotFound, Problem
from flyball.serving.calls import SentOutcome
from flyball.serving.forms import read_id

OFFERED = 5
"""Predictions to choose from, the newest."""
STATES = (*selectors.UNBOUND, Outcome.State.RETRACTED)


class GiveOutcome(OnePrediction):
    """``POST /predictions/{identity}/outcome``: what really happened; a later one corrects an earlier."""

    roles = {"POST": "member"}

    def post(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """Store it. Raises what the doors raise for a value that does not fit."""
        self.prediction(identity)
        value = request.POST.get("value", "")
        if not value or not is_text(value):
            problem = Problem("/value", "missing", "Say what happened: a label, or a number.")
            raise InvalidInput("The outcome does not fit.", problems=[problem])
        outcome = SentOutcome(value=value, prediction=identity, is_text=True, pointer="")
        inprocess.tell(self.principal, outcome)
        return to("flyball-prediction", identity=identity)


class Outcomes(Page):
    """``GET /endpoints/{endpoint}/outcomes?state=held&before=…``: newest first."""

    template = "outcomes.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of the outcomes in one state."""
        found = self.endpoint(endpoint)
        state = request.GET.get("state", Outcome.State.HELD)
        if state not in STATES:
            raise NotFound("There is no such page.")
        page = some(request, selectors.outcomes(endpoint, state), "id")
        context = {
            "title": f"Outcomes of {endpoint}",
            "endpoint": found,
            "state": state,
            "states": STATES,
            "page": page,
            "fitting": self._fitting(endpoint, state, page.rows),
            "may_resolve": self.may(found.team.slug, "member"),
        }
        return self.show(context, crumbs(endpoint))

    @staticmethod
    def _fitting(endpoint: str, state: str, shown: list[Outcome]) -> dict[int, dict[str, Any]]:
        """Of each outcome that fits several predictions: the newest of them, and whether there are more."""
        if state != Outcome.State.AMBIGUOUS:
            return {}
        found = selectors.candidates(endpoint, shown, OFFERED + 1)
        return {
            number: {
                "predictions": [{"row": each, "answer": answer(each)} for each in every[:OFFERED]],
                "has_more": len(every) > OFFERED,
            }
            for number, every in found.items()
        }


class _Change(Page):
    roles = {"POST": "member"}


class ResolveOutcome(_Change):
    """``POST /endpoints/{endpoint}/outcomes/{number}/resolve``."""

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Bind it to a prediction. Raises as the service does."""
        name = self.endpoint(endpoint).name
        identity = read_id(request.POST.get("prediction", "").strip())
        if identity is None:
            problem = Problem("/prediction", "wrong_type", "Expected the id of a prediction.")
            raise InvalidInput("The form does not fit.", problems=[problem])
        services.resolve_outcome(endpoint=name, outcome=number, prediction=identity, user=request.user)
        return to("flyball-prediction", identity=identity)


class RetractOutcome(_Change):
    """``POST /endpoints/{endpoint}/outcomes/{number}/retract``."""

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Take it back: it counts no longer."""
        taken = services.retract_outcome(
            endpoint=self.endpoint(endpoint).name, outcome=number, user=request.user
        )
        if taken.prediction is not None:
            return to("flyball-prediction", identity=taken.prediction)
        return to("flyball-outcomes", endpoint=endpoint)
