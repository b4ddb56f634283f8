"""Outcomes: told to a prediction, taken back, and those that found no prediction of their own."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball import inprocess
from flyball.console.frame.page import LONGEST_NUMBER, Page, to
from flyball.console.pages.data.predictions import OnePrediction
from flyball.console.pages.endpoints import crumbs
from flyball.control.routing import selectors, services
from flyball.control.routing.models import Outcome
from flyball.domain.errors import InvalidInput, NotFound, Problem
from flyball.serving.calls import SentOutcome
from flyball.serving.forms import read_id

SHOWN = 50
"""Outcomes of a page."""
STATES = (*selectors.UNBOUND, Outcome.State.RETRACTED)


class GiveOutcome(OnePrediction):
    """``POST /predictions/{identity}/outcome``: what really happened; a later one corrects an earlier."""

    roles = {"POST": "member"}

    def post(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """Store it. Raises what the doors raise for a value that does not fit."""
        found = self.prediction(identity)
        value = request.POST.get("value", "")
        if not value or "\x00" in value:
            problem = Problem("/value", "missing", "Say what happened: a label, or a number.")
            raise InvalidInput("The outcome does not fit.", problems=[problem])
        outcome = SentOutcome(value=value, prediction=identity, is_text=True, pointer="")
        inprocess.tell(self.principal(found), outcome)
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
        every = selectors.outcomes(endpoint, state)
        before = request.GET.get("before")
        if before is not None:
            every = every.filter(pk__lt=_number(before))
        shown = list(every[: SHOWN + 1])
        address = reverse("flyball-outcomes", args=[endpoint])
        context = {
            "title": f"Outcomes of {endpoint}",
            "endpoint": found,
            "state": state,
            "states": STATES,
            "outcomes": shown[:SHOWN],
            "older": f"{address}?state={state}&before={shown[SHOWN - 1].pk}" if len(shown) > SHOWN else None,
            "may_resolve": self.may(found.team.slug, "member"),
        }
        return self.show(context, crumbs(endpoint))


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
        services.resolve_outcome(
            endpoint=name, outcome=_bounded(number), prediction=identity, user=request.user
        )
        return to("flyball-prediction", identity=identity)


class RetractOutcome(_Change):
    """``POST /endpoints/{endpoint}/outcomes/{number}/retract``."""

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Take it back: it counts no longer."""
        taken = services.retract_outcome(
            endpoint=self.endpoint(endpoint).name, outcome=_bounded(number), user=request.user
        )
        if taken.prediction is not None:
            return to("flyball-prediction", identity=taken.prediction)
        return to("flyball-outcomes", endpoint=endpoint)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise NotFound("There is no such page.")
    return int(text)


def _bounded(number: int) -> int:
    """A number of an address; databases have none that is longer."""
    return _number(str(number))
