"""A new A/B test: the form, what is to be expected of what it asks for, and then the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import Page, to
from flyball.console.pages.abtests.all import abtest_crumbs
from flyball.console.pages.abtests.asked import DEFAULTS, TICKED, asked, said
from flyball.control.abtests import selectors, services
from flyball.control.abtests.asking import DAY, STOPS
from flyball.control.abtests.counting.measures.choosing import available, default_metric
from flyball.control.abtests.wording.expecting import expected
from flyball.control.declarations import discovery
from flyball.control.declarations.models import Endpoint
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.domain.errors import Conflict, FlyballError, InvalidInput, NotReady
from flyball.domain.routing import Route

SHOWN = 20
"""Versions to tick, the newest; others are named."""
ROLES = (("", "not judged"), ("primary", "decides"), ("secondary", "watched"), ("guardrail", "guardrail"))
KINDS = (
    ("ab", "A/B test: fixed shares until there is a verdict"),
    ("canary", "Canary: one version in steps, sent back on harm"),
    ("bandit", "Bandit: shares follow what the arms bring"),
)
STOP_WORDS = {"winner": "a winner", "no_difference": "no difference beyond the margin", "harm": "harm"}
DIRECTIONS = (("", "as it is known to be"), ("higher", "higher"), ("lower", "lower"))


class StartTest(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/tests/start?version=…``: the address has the whole form."""

    template = "abtests/start.html"
    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The form; with what is to be expected of the test, once one is asked for."""
        found = self.endpoint(endpoint)
        form = _form(found)
        if not request.GET:
            return self._page(form)
        return self._tried(form, is_start=False)

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Start what the address asks for. Raises ``Conflict``, which becomes a page."""
        return self._tried(_form(self.endpoint(endpoint)), is_start=True)

    def _tried(self, form: dict[str, Any], *, is_start: bool) -> HttpResponse:
        name = form["endpoint"].name
        try:
            wanted = asked(self.request.GET, form["metrics"])
            if is_start:
                made = services.start(
                    endpoint=name, asked=wanted, expected=self.expected(), user=self.request.user
                )
                return to("flyball-abtest", endpoint=name, number=made.test.number)
            spec, expectation = services.plan(endpoint=name, asked=wanted)
        except InvalidInput as error:
            faults = said(error.problems) or {"": error.detail}
            return self._page(form | {"faults": faults}, status=422)
        told = expected(spec.primary.name, expectation)
        most = spec.at_most is not None and (expectation.days_at_most or 0.0) * DAY > spec.at_most
        return self._page(form | {"spec": spec, "plan": told, "is_short": most})

    def _page(self, form: Mapping[str, Any], status: int = 200) -> HttpResponse:
        name = form["endpoint"].name
        context = {
            "title": f"Start an A/B test of {name}",
            "form": {**DEFAULTS, **self.request.GET.dict()},
            "versions": self.request.GET.getlist("version"),
            "stops": self.request.GET.getlist("stops") if self.request.GET else TICKED,
            "query": self.request.GET.urlencode(),
            "role_names": ROLES,
            "kinds": KINDS,
            "directions": DIRECTIONS,
            "stop_names": [(each, STOP_WORDS[each]) for each in STOPS],
            **form,
        }
        return self.show(context, abtest_crumbs(name), status)


def _form(endpoint: Endpoint) -> dict[str, Any]:
    """What can be chosen from; or what stands in the way of any test."""
    route = routing.route(endpoint.name)
    form: dict[str, Any] = {"endpoint": endpoint, "route": route, "metrics": {}}
    try:
        return form | _choices(endpoint, route)
    except FlyballError as error:
        return form | {"obstacle": error.detail}


def _choices(endpoint: Endpoint, route: Route | None) -> dict[str, Any]:
    """Raises ``NotReady`` without a champion, ``Conflict`` while a test runs; as ``discovery.find``."""
    if route is None:
        raise NotReady(f"{endpoint.name} has no champion yet: promote a version first.")
    if (running := selectors.of_route(route)) is not None:
        raise Conflict(f"A/B test {running.number} runs already: there is one at a time.")
    declaration = discovery.find(endpoint.name)
    champion = registry.manifest(registry.version(endpoint.name, route.champion.version))
    metrics = available(declaration, champion)
    every = registry.versions(endpoint.name).filter(archived_at=None)
    others = every if declaration.decide is not None else every.exclude(number=route.champion.version)
    return {
        "candidates": list(others[:SHOWN]),
        "decides": declaration.decide is not None,
        "metrics": metrics,
        "usual": _usual(declaration, champion),
        "units": services.units(route, [champion]),
        "layers": list(endpoint.team.layers.order_by("name").values_list("name", flat=True)),
    }


def _usual(declaration: Any, champion: Any) -> str:
    """The metric that decides where none is chosen; none where one must be."""
    try:
        return default_metric(declaration, champion)
    except InvalidInput:
        return ""
