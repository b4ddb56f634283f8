"""Diagnostics of a version, alone or with others on the same rows; asked for where there are none yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from flyball.console.charts.diagnostics import page as charts
from flyball.console.charts.diagnostics.laid import Laid
from flyball.console.frame.charted import ChartedPage, Charts
from flyball.console.frame.page import Crumb, Page
from flyball.console.frame.paging import whole
from flyball.console.pages.comparing import compare_crumbs
from flyball.control.diagnostics import selectors
from flyball.control.diagnostics.models import Diagnosis
from flyball.control.diagnostics.services import ask_diagnosis
from flyball.control.jobs.selectors import is_unnoticed
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.domain.errors import Conflict, InvalidInput, NotFound, Problem

MOST = 5
"""Versions that are laid over the page's own."""
OFFERED = 20
"""Versions that are offered for it, the newest."""


class Diagnostics(ChartedPage):
    """``GET`` and ``POST /endpoints/{endpoint}/versions/{number}/diagnostics?of=inputs&with=2&with=1``."""

    template = "diagnostics.html"

    def charts(self, *, endpoint: str, number: int) -> Charts:
        """The charts of one part of the page, of all versions that have been asked about the same rows."""
        found = self.endpoint(endpoint)
        version = registry.version(endpoint, number)
        others = [registry.version(endpoint, each) for each in self._others(number)]
        asked, reason = _asked(version, others)
        made = {f"@{each}": one.found for each, one in asked.items() if one.done_at is not None}
        task = str(version.manifest["task"])  # not the endpoint's, which may be another by now
        figures = charts.figures(Laid(made), task, self.part) if f"@{number}" in made else []
        beside = "".join(f"+{each.number}" for each in others)
        return Charts(
            endpoint=found,
            of=f"versions/{number}/{self.part}{beside}",
            about=", ".join(str(each) for each in (version, *others)),
            figures=figures,
            read={"version": version, "others": others, "asked": asked, "reason": reason},
        )

    def page(self, charts_: Charts) -> HttpResponse:
        """The charts; or how far the diagnosis is, or why there is none."""
        version, asked = charts_.read["version"], charts_.read["asked"]
        own: Diagnosis | None = asked.get(version.number)
        context = {
            "title": f"Diagnostics of {version}",
            "version": version,
            "reason": charts_.read["reason"],
            "own": own,
            "status": None if own is None else selectors.status(own),
            "error": "" if own is None else selectors.error(own),
            "waits": own is not None and own.job is not None and is_unnoticed(own.job),
            "is_live": any(selectors.is_live(each) for each in asked.values()),
            "score": next(iter(selectors.table(own, "score")), None) if own is not None else None,
            "lacking": _lacking(own),
            "others": [_beside(each, asked.get(each.number)) for each in charts_.read["others"]],
            "offered": self._offered(version, charts_.read["others"]),
            "parts": [(each, self._address(each), each == self.part) for each in charts.PARTS],
            "of": self.part,
            "figures": self.charted(charts_) if charts_.figures else [],
            "may_ask": self.may(charts_.endpoint.team.slug, "owner"),
            "part": "parts/diagnosis.html",
        }
        return self.show(context, diagnostics_crumbs(version))

    @property
    def address(self) -> str:
        """The page with the same part and the same versions."""
        return self._address(self.part)

    @property
    def part(self) -> str:
        """Which charts are asked for. Raises ``NotFound``."""
        asked = self.request.GET.get("of", charts.ANSWERS)
        if asked not in charts.PARTS:
            raise NotFound("There is no such part of the diagnostics.")
        return asked

    def _address(self, part: str) -> str:
        beside = [("with", each) for each in self.request.GET.getlist("with") if whole(each) is not None]
        return f"{self.request.path}?{urlencode([('of', part), *beside])}"

    def _others(self, number: int) -> list[int]:
        """The other versions that are asked for. Raises ``InvalidInput`` for more than ``MOST``."""
        sent = [whole(text) for text in self.request.GET.getlist("with")]
        wanted = list(dict.fromkeys(each for each in sent if each is not None and each != number))
        if len(wanted) > MOST:
            problem = Problem("/with", "wrong_count", f"At most {MOST} other versions are laid over one.")
            raise InvalidInput("So many versions cannot be told apart.", problems=[problem])
        return wanted

    def _offered(self, version: Version, chosen: list[Version]) -> list[tuple[int, bool]]:
        numbers = {each.number for each in chosen}
        newest = registry.listed(version.endpoint_id).exclude(number=version.number)[:OFFERED]
        return [(each.number, each.number in numbers) for each in newest]


class AskDiagnosis(Page):
    """``POST /endpoints/{endpoint}/versions/{number}/diagnose``."""

    roles = {"POST": "owner"}

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Ask for a diagnosis: of another version on the rows of this one, where ``version`` is sent."""
        self.endpoint(endpoint)
        base = registry.version(endpoint, number)
        other = whole(request.POST.get("version", str(number)))
        if other is None:
            problem = Problem("/version", "wrong_type", "Expected the number of a version.")
            raise InvalidInput("The form does not fit.", problems=[problem])
        asked = registry.version(endpoint, other)
        ask_diagnosis(version=asked, on=base, again="again" in request.POST, user=request.user)
        place = reverse("flyball-diagnostics", args=[endpoint, number])
        beside = [("with", each) for each in request.POST.getlist("with") if whole(each) is not None]
        return HttpResponseRedirect(f"{place}?{urlencode(beside)}" if beside else place)


def diagnostics_crumbs(version: Version) -> list[Crumb]:
    """The way to what is below a version."""
    place = reverse("flyball-version", args=[version.endpoint_id, version.number])
    return [*compare_crumbs(version.endpoint_id), (f"@{version.number}", place)]


def _asked(version: Version, others: list[Version]) -> tuple[dict[int, Diagnosis], str]:
    """The diagnoses on the version's own held-out rows, its own first; or why there are no such rows."""
    try:
        known = selectors.of_each([version, *others], version)
    except Conflict as conflict:
        return {}, str(conflict)
    order = [each.number for each in (version, *others)]
    return {number: known[number] for number in order if number in known}, ""


def _lacking(own: Diagnosis | None) -> list[tuple[str, str]]:
    known = {} if own is None else own.found.get("lacking", {})
    return [(name.replace("_", " ").capitalize(), reason) for name, reason in known.items()]


def _beside(version: Version, asked: Diagnosis | None) -> Mapping[str, Any]:
    """How another version stands on the page."""
    return {
        "number": version.number,
        "is_done": asked is not None and asked.done_at is not None,
        "is_live": asked is not None and selectors.is_live(asked),
        "error": "" if asked is None else selectors.error(asked),
        "may_know": asked is not None and bool(asked.found.get("may_know")),
        "score": None if asked is None else next(iter(selectors.table(asked, "score")), None),
    }
