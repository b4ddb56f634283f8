"""What the pages for people who ask have in common: who may, in which language, what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from flyball.console.asking.form import Form, form_of
from flyball.console.asking.languages import COOKIE, LANGUAGES, PARAMETER, YEAR, choices, here, language_of
from flyball.console.frame.page import Page, refusal
from flyball.console.frame.tags import words
from flyball.control.declarations import selectors as declarations
from flyball.control.declarations.models import Endpoint
from flyball.control.routing import selectors as routing
from flyball.domain.access import Principal
from flyball.domain.asking.words import said
from flyball.domain.errors import FlyballError, NotReady, RateLimited, TooManyTries
from flyball.domain.routing import Manifest, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An endpoint as it is asked: its route, its versions by number, its empty form, and who asks."""

    endpoint: Endpoint
    route: Route
    manifests: Mapping[int, Manifest]
    form: Form
    principal: Principal

    @property
    def title(self) -> str:
        """The question that the endpoint answers."""
        return said(self.route.asking.question, here()) or words(self.endpoint.name)

    def answering(self, number: int | None = None) -> Manifest:
        """The version of a number, where it may answer; else the champion."""
        champion = self.manifests[self.route.champion.version]
        return champion if number is None else self.manifests.get(number, champion)


class AskPage(Page):
    """A page in the reader's language, for who may ask: a caller of the endpoint's team."""

    roles = {"GET": "caller", "POST": "caller"}
    section = "flyball-asks"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The same in the language of the request; one that was chosen is remembered."""
        language = language_of(request)
        with translation.override(language):
            answer = super().dispatch(request, *args, **kwargs)
        if request.GET.get(PARAMETER) in LANGUAGES:
            answer.set_cookie(COOKIE, language, max_age=YEAR, samesite="Lax", secure=request.is_secure())
        answer.headers["Content-Language"] = language
        answer.headers["Vary"] = "Accept-Language, Cookie"
        return answer

    def welcome(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Who is not signed in is led there; one case may be open to everybody."""
        found = self.everybody(request, **kwargs)
        return super().welcome(request, *args, **kwargs) if found is None else found

    def refuse(self, error: FlyballError) -> HttpResponse:
        """The page that says why something is not possible, in the reader's language where that is known."""
        return refused(self.request, error, self._around())

    def everybody(self, request: HttpRequest, **values: Any) -> HttpResponse | None:
        """What somebody without an account gets; ``None`` for nothing."""
        return None

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of a name. Raises ``UnknownEndpoint``, ``Forbidden``, ``Retired``."""
        return declarations.askable_endpoint(self.actor, name)

    @property
    def mine(self) -> QuerySet[Endpoint]:
        """All endpoints that the reader may ask."""
        return declarations.askable(self.actor)

    def subject(self, name: str) -> Subject:
        """The endpoint with all that is needed to ask it. Raises as ``endpoint``, and ``NotReady``."""
        endpoint = self.endpoint(name)
        team = endpoint.team.slug
        return subject_of(endpoint, Principal(team=team, role=self.actor.roles[team]))

    def _around(self) -> dict[str, Any]:
        reads = bool(self.actor.teams("viewer"))
        return {**super()._around(), **in_language(self.request), "reads": reads}


TOLD = (
    gettext_noop("There is no endpoint of that name."),
    gettext_noop("The endpoint has been retired; it answers no more."),
    gettext_noop("More is asked here than may be within a minute; try again in the next one."),
    gettext_noop("This page is not there, or is there no more."),
    gettext_noop("This needs the role caller."),
    gettext_noop("The server has as much waiting as it can commit; try again shortly."),
    gettext_noop("There is no such file of yours."),
    gettext_noop("The file is empty."),
)
"""What is refused on these pages most often."""


def refused(
    request: HttpRequest, error: FlyballError, around: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Why something is not possible; with when to come again, where that is known."""
    more = {**in_language(request), **(around or {}), "said": gettext(error.detail)}
    answer = refusal(request, error, more, "asking/refusal.html")
    if isinstance(error, TooManyTries | RateLimited):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def in_language(request: HttpRequest) -> dict[str, Any]:
    """What a template needs to know of the language that it is written in."""
    return {"language": here(), "languages": choices(request, here())}


def subject_of(endpoint: Endpoint, principal: Principal) -> Subject:
    """An endpoint for somebody. Raises ``NotReady`` where nothing answers yet."""
    route = routing.route(endpoint.name)
    if route is None:
        raise NotReady(gettext("Nothing answers here yet: a version has to be promoted first."))
    manifests = routing.manifests(route)
    return Subject(
        endpoint=endpoint,
        route=route,
        manifests=manifests,
        form=form_of(route, manifests),
        principal=principal,
    )
