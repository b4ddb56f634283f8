"""Snapshots of an endpoint: all of them, what one holds, and how two differ."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.bars import Shares
from flyball.console.frame.page import Crumb, Page, to
from flyball.console.frame.paging import some, whole
from flyball.console.pages.endpoints import crumbs
from flyball.control.datasets import profiles
from flyball.control.datasets import selectors as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.datasets.profiles import Difference, Profile
from flyball.control.declarations import selectors as declarations
from flyball.control.jobs import selectors as jobs
from flyball.control.jobs import services
from flyball.control.registry import selectors as registry
from flyball.domain.errors import NotFound
from flyball.serving.forms import is_clean

FIELDS = 50
"""Fields of a page."""
OTHERS = 50
"""Snapshots that one may be compared with, the newest."""


class Snapshots(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/snapshots``."""

    template = "snapshots.html"
    roles = {"GET": "viewer", "POST": "owner"}

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of snapshots, newest first."""
        found = self.endpoint(endpoint)
        page = some(request, datasets.summaries(endpoint), "id")
        made = jobs.that_made(endpoint, [each.digest for each in page.rows])
        used = registry.builds_on([each.pk for each in page.rows])
        rows = [
            {"snapshot": each, "job": made.get(each.digest), "builds": used.get(each.pk, ())}
            for each in page.rows
        ]
        context = {
            "title": f"Snapshots of {endpoint}",
            "endpoint": found,
            "rows": rows,
            "page": page,
            "may_take": self.may(found.team.slug, "owner"),
        }
        return self.show(context, crumbs(endpoint))

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Ask for a snapshot; its job's page shows how it goes."""
        applied = declarations.endpoint(self.endpoint(endpoint).name)
        job, _ = services.ask_once(kind="snapshot", endpoint=applied, user=request.user)
        return to("flyball-job", identity=job.pk)


class OneSnapshot(Page):
    """``GET /endpoints/{endpoint}/snapshots/{digest}?against=…``; ``latest`` is a digest too."""

    template = "snapshot.html"

    def get(self, request: HttpRequest, endpoint: str, digest: str) -> HttpResponse:
        """What a snapshot holds; with ``against``, how it differs from that one."""
        self.endpoint(endpoint)
        against = request.GET.get("against", "")
        if not is_clean(against):
            raise NotFound("There is no such snapshot to compare with.")
        snapshot = datasets.snapshot(endpoint, digest)
        others = datasets.summaries(endpoint).exclude(pk=snapshot.pk)
        context = {
            "title": f"Snapshot {snapshot.digest[:12]}",
            "snapshot": snapshot,
            "others": others[:OTHERS],
            "job": jobs.that_made(endpoint, [snapshot.digest]).get(snapshot.digest),
            "builds": registry.builds_on([snapshot.pk]).get(snapshot.pk, ()),
            **self._content(endpoint, snapshot, against),
        }
        return self.show(context, _crumbs(endpoint))

    def _content(self, endpoint: str, snapshot: Snapshot, against: str) -> dict[str, Any]:
        first = whole(self.request.GET.get("from")) or 0
        if not against:
            columns = list(profiles.profiles(snapshot).values())
            shown = [(each, Shares(each.distribution)) for each in columns[first : first + FIELDS]]
            return {"columns": shown, **_place(first, len(columns))}
        other = datasets.snapshot(endpoint, against)
        every = profiles.differences(other, snapshot)
        return {
            **_place(first, len(every)),
            "title": f"Snapshot {snapshot.digest[:12]} against {other.digest[:12]}",
            "other": other,
            "more_rows": snapshot.row_count - other.row_count,
            "more_outcomes": snapshot.outcome_count - other.outcome_count,
            "differences": [_row(each) for each in every[first : first + FIELDS]],
            "unlike": sum(bool(each.change) for each in every),
        }


def _place(first: int, fields: int) -> dict[str, int]:
    """Where a page of fields stands among all of them."""
    following = first + FIELDS
    return {"first": first, "fields": fields, "following": following if following < fields else 0}


def _row(difference: Difference) -> dict[str, Any]:
    """A column in two snapshots, each beside the other."""
    both = difference.distributions
    sides: list[tuple[Profile | None, Shares]] = [
        (each, Shares(both[place] if both else each.distribution if each else ()))
        for place, each in enumerate((difference.before, difference.after))
    ]
    return {"difference": difference, "sides": sides, "moved": difference.moved}


def _crumbs(endpoint: str) -> list[Crumb]:
    return [*crumbs(endpoint), ("Snapshots", reverse("flyball-snapshots", args=[endpoint]))]
