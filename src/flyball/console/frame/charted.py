"""Pages with charts: each chart can be had as SVG and PNG, drawn by a job once somebody asks, and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from flyball.console.frame.figures import Figure
from flyball.console.frame.look import for_paper
from flyball.console.frame.page import HEADERS, Page, render
from flyball.control.declarations.models import Endpoint
from flyball.control.drawings import selectors, services
from flyball.control.drawings.models import Drawing
from flyball.domain.delimited import inert_line
from flyball.domain.errors import InvalidInput, NotFound, Problem
from flyball.serving.forms import is_clean

SVG_HEADERS = {**HEADERS, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}
"""Of a drawing: whatever it held, no browser would run or load it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """The charts of a page. ``of`` is what they show, for the database (``builds/3``), ``about`` for people.

    ``read`` is what was read for them and the page shows too.
    """

    endpoint: Endpoint
    of: str
    about: str
    figures: Sequence[Figure]
    read: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Charted:
    """A figure on its page, with its drawing where one was asked for; templates read it like the figure."""

    figure: Figure
    charts: Charts
    drawing: Drawing | None
    address: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.figure, name)

    @property
    def subject(self) -> str:
        """Which chart it is, of all that an endpoint has."""
        return f"{self.charts.of}/{self.figure.name}"

    @property
    def numbers(self) -> str:
        """Where its numbers are, as CSV."""
        return self._at("csv")

    @property
    def state(self) -> str:
        """Where a page asks what became of its drawing."""
        return self._at("drawing")

    @property
    def file(self) -> str:
        """How its files are called."""
        return f"{self.charts.endpoint.name}-{self.subject.replace('/', '-')}"

    @property
    def paper(self) -> dict[str, Any]:
        """What is drawn."""
        return for_paper(self.figure.document, self.figure.title, self.charts.about)

    @property
    def is_made(self) -> bool:
        """Whether there is an SVG; that of another moment, it may be."""
        return self.drawing is not None and selectors.is_drawn(self.drawing)

    @property
    def is_live(self) -> bool:
        """Whether it is being drawn."""
        return self.drawing is not None and selectors.is_under_way(self.drawing)

    @property
    def is_current(self) -> bool:
        """Whether what was asked for is what the page shows now."""
        return self.drawing is not None and self.drawing.digest == services.digest_of(self.paper)

    def _at(self, name: str) -> str:
        return f"{self.address}{'&' if '?' in self.address else '?'}{name}={self.figure.name}"


class ChartedPage(Page):
    """A page with charts, at an address that takes the values of ``charts``."""

    roles = {"GET": "viewer", "POST": "viewer"}  # without scripts a viewer sees no chart but what is drawn

    def charts(self, *_: Any, **values: Any) -> Charts:
        """The charts of the page, for somebody who may see them; raises as ``endpoint`` does."""
        raise NotImplementedError

    def page(self, charts: Charts) -> HttpResponse:
        """The page itself."""
        raise NotImplementedError

    def get(self, request: HttpRequest, **values: Any) -> HttpResponse:
        """The page; the numbers of one chart as a file (``?csv=…``), or what became of its drawing."""
        charts = self.charts(**values)
        if "csv" in request.GET:
            return _numbers(self._named(charts, request.GET["csv"]))
        if "drawing" in request.GET:
            return self._part(charts, self._named(charts, request.GET["drawing"]))
        return self.page(charts)

    def post(self, request: HttpRequest, **values: Any) -> HttpResponse:
        """Have a chart drawn; the page shows what comes of it."""
        charts = self.charts(**values)
        figure = self._named(charts, request.POST.get("figure", ""))
        if not figure.is_drawn:
            raise NotFound("Nothing is drawn here: there are no numbers, or the server has no charts.")
        services.ask_drawing(
            endpoint=charts.endpoint, subject=figure.subject, document=figure.paper, user=request.user
        )
        if request.headers.get("HX-Request") == "true":
            return self._part(charts, figure)
        return HttpResponseRedirect(f"{self.address}#{figure.name}")

    def charted(self, charts: Charts, figures: Sequence[Figure] | None = None) -> list[Charted]:
        """The figures of the page, or some of them, with their drawings; one query."""
        some = [Charted(each, charts, None, self.address) for each in figures or charts.figures]
        known = selectors.of(charts.endpoint.name, [each.subject for each in some])
        return [Charted(each.figure, charts, known.get(each.subject), each.address) for each in some]

    @property
    def address(self) -> str:
        """Where this page is, charts and all."""
        return self.request.path

    def _part(self, charts: Charts, figure: Charted) -> HttpResponse:
        (shown,) = self.charted(charts, [figure.figure])
        return render(self.request, "parts/drawing.html", {"figure": shown})

    def _named(self, charts: Charts, name: str) -> Charted:
        for each in charts.figures:
            if each.name == name:
                return Charted(each, charts, None, self.address)
        problem = Problem("/figure", "unknown_figure", "Expected the name of a chart of this page.")
        raise InvalidInput("There is no such chart.", problems=[problem])


class OneDrawing(Page):
    """``GET /endpoints/{endpoint}/drawings/{digest}.svg`` and ``.png``."""

    def get(self, request: HttpRequest, endpoint: str, digest: str) -> HttpResponse:
        """The drawing."""
        found = self.endpoint(endpoint)
        if not is_clean(digest):
            raise NotFound("There is no such drawing.")
        if request.path.endswith(".png"):
            png = selectors.png(found.name, digest)
            return HttpResponse(png, content_type="image/png", headers=SVG_HEADERS)
        svg = selectors.svg(found.name, digest)
        return HttpResponse(svg, content_type="image/svg+xml; charset=utf-8", headers=SVG_HEADERS)


def _numbers(charted: Charted) -> HttpResponse:
    name = f'attachment; filename="{charted.file}.csv"'
    body = "".join(_lines(charted.figure)).encode(errors="backslashreplace")
    return HttpResponse(
        body, content_type="text/csv; charset=utf-8", headers={**HEADERS, "Content-Disposition": name}
    )


def _lines(figure: Figure) -> Iterator[str]:
    yield inert_line([each.title for each in figure.columns])
    for row in figure.rows:
        yield inert_line([_cell(row, each.key) for each in figure.columns])


def _cell(row: Mapping[str, Any], key: str) -> Any:
    value = row.get(key)
    return value.isoformat() if isinstance(value, datetime) else value
