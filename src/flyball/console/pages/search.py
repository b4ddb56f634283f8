"""Search: endpoints, versions, builds, jobs and predictions of the reader's teams, by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from flyball.console.frame.page import Page, is_text
from flyball.control.declarations import selectors as declarations
from flyball.control.jobs import selectors as jobs
from flyball.control.registry.models import Build
from flyball.control.routing import selectors as routing
from flyball.control.routing.models import Prediction
from flyball.domain.errors import FlyballError
from flyball.serving.forms import read_id

SHOWN = 20
"""Hits of a group."""
LONGEST = 255
"""Characters of what is looked for: no reference is longer."""
LONGEST_BUILD = 18
"""Digits of a build's number."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. Without a page its ``address`` is ``None``; ``is_meant``: by its whole name."""

    group: str
    name: str
    address: str | None
    note: str = ""
    is_meant: bool = True


class Search(Page):
    """``GET /search?q=…``: a page of hits; where one thing alone is meant, that thing's own page."""

    template = "search.html"
    section = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        """As many queries whatever there is."""
        sought = request.GET.get("q", "").strip()
        is_sought = 0 < len(sought) <= LONGEST and is_text(sought)
        hits = list(self._hits(sought)) if is_sought else []
        meant = [each for each in hits if each.is_meant] or hits
        if len(meant) == 1 and meant[0].address:
            return HttpResponseRedirect(meant[0].address)
        groups: dict[str, list[Hit]] = {}
        for each in hits:
            groups.setdefault(each.group, []).append(each)
        context = {"title": "Search", "sought": sought[:LONGEST] if is_sought else "", "groups": groups}
        return self.show(context)

    def _hits(self, sought: str) -> Iterator[Hit]:
        names = list(declarations.visible(self.actor).values_list("name", flat=True).order_by("name"))
        yield from _endpoints(names, sought)
        yield from _version(names, sought)
        yield from _build(names, sought)
        if identity := read_id(sought):
            found = jobs.visible(self.actor, jobs.jobs()).filter(pk=identity)
            yield from (
                Hit("Jobs", f"{each.kind} {each.pk}", reverse("flyball-job", args=[each.pk]), each.status)
                for each in found
            )
            yield from _predictions(names, pk=identity)
        yield from _predictions(names, reference=sought)


def _endpoints(names: Sequence[str], sought: str) -> Iterator[Hit]:
    """By a part of their name: first those that begin so."""
    part = sought.lower()
    found = sorted((name for name in names if part in name), key=lambda name: not name.startswith(part))
    for name in found[:SHOWN]:
        yield Hit("Endpoints", name, reverse("flyball-endpoint", args=[name]), is_meant=name == sought)


def _version(names: Sequence[str], sought: str) -> Iterator[Hit]:
    name, at, _ = sought.partition("@")
    if not at or name not in names:
        return
    try:
        version = routing.resolve(sought)
    except FlyballError:
        return  # there is none of that number, or no champion yet
    address = reverse("flyball-version", args=[name, version.number])
    yield Hit("Versions", str(version), address, str(version.facts.get("candidate") or ""))


def _build(names: Sequence[str], sought: str) -> Iterator[Hit]:
    if not (sought.isascii() and sought.isdigit() and len(sought) <= LONGEST_BUILD):
        return
    for each in Build.objects.filter(pk=int(sought), endpoint__name__in=names).only("status", "endpoint"):
        address = reverse("flyball-build", args=[each.endpoint_id, each.pk])
        yield Hit("Builds", f"{each.endpoint_id}, build {each.pk}", address, each.status)


def _predictions(names: Sequence[str], **sought: Any) -> Iterator[Hit]:
    # Not in an order: with one, a database would go through all there are for it.
    found = Prediction.objects.filter(endpoint__in=names, erased_at=None, **sought).order_by()
    columns = found.values_list("pk", "endpoint", "version", "reference")[:SHOWN]
    for identity, endpoint, version, reference in columns:
        note = f"{endpoint}@{version}" + (f", reference {reference}" if reference else "")
        yield Hit("Predictions", str(identity), _prediction(identity), note)


def _prediction(identity: Any) -> str | None:
    try:
        return reverse("flyball-prediction", kwargs={"identity": identity})
    except NoReverseMatch:
        return None  # a project without that page
