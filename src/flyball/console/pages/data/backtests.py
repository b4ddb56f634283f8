"""Backtests of an endpoint: what a version would have answered over a past period; asked for, and found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from flyball.console.charts.backtests import weeks
from flyball.console.frame.charted import ChartedPage, Charts
from flyball.console.frame.page import Page, to
from flyball.console.frame.paging import is_number, some
from flyball.console.pages.endpoints import crumbs
from flyball.control.backtests import selectors
from flyball.control.backtests.models import Backtest
from flyball.control.backtests.services import ask_backtest
from flyball.control.jobs.selectors import ENDED, is_unnoticed
from flyball.control.registry import selectors as registry
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.values import parse_timestamp

OFFERED = 50
"""Versions that the form offers, the newest."""


class Backtests(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/backtests``."""

    template = "backtests.html"
    roles = {"GET": "viewer", "POST": "owner"}

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of backtests, newest first, and the form for a new one."""
        found = self.endpoint(endpoint)
        page = some(request, selectors.backtests(found.name).defer("result"), "id")
        may_ask = self.may(found.team.slug, "owner") and found.retired_at is None
        context = {
            "title": f"Backtests of {endpoint}",
            "endpoint": found,
            "page": page,
            "rows": [_shown(each) for each in page.rows],
            "may_ask": may_ask,
            "versions": registry.listed(found.name)[:OFFERED] if may_ask else [],
        }
        return self.show(context, crumbs(endpoint))

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Ask for one; its page shows how it goes."""
        found, sent = self.endpoint(endpoint), request.POST
        problems: list[Problem] = []
        version, start = sent.get("version", ""), _moment(sent.get("from", ""), "from", problems)
        end = _moment(sent["to"], "to", problems) if sent.get("to") else None
        if not is_number(version):
            problems.append(Problem("/version", "wrong_type", "Expected the number of a version."))
        if problems or start is None:
            raise InvalidInput("The form does not fit.", problems=problems)
        made, _ = ask_backtest(
            endpoint=found.name,
            version=int(version),
            start=start,
            end=end,
            although_learned="although_learned" in sent,
            user=request.user,
        )
        return to("flyball-backtest", endpoint=endpoint, number=made.pk)


class OneBacktest(ChartedPage):
    """``GET`` and ``POST /endpoints/{endpoint}/backtests/{number}``."""

    template = "backtest.html"

    def charts(self, *, endpoint: str, number: int) -> Charts:
        """Both scores over time."""
        found = self.endpoint(endpoint)
        backtest = selectors.backtest(endpoint, number)
        result = backtest.result
        return Charts(
            endpoint=found,
            of=f"backtests/{number}",
            about=f"{backtest}; times in UTC",
            figures=[weeks(result.get("metric", ""), backtest.version, result.get("weeks", []))],
            read={"backtest": backtest},
        )

    def page(self, charts: Charts) -> HttpResponse:
        """What it found, or how far it is."""
        backtest: Backtest = charts.read["backtest"]
        job = backtest.job
        context = {
            "title": f"Backtest {backtest.pk}",
            "each": _shown(backtest),
            "found": selectors.document(backtest)["result"],
            "job": job,
            "is_live": job is not None and job.status not in ENDED,
            "waits": job is not None and is_unnoticed(job),
            "may_cancel": self.may(charts.endpoint.team.slug, "owner"),
            "figures": self.charted(charts) if backtest.result.get("weeks") else [],
            "part": "parts/backtest.html",
        }
        return self.show(context, crumbs(charts.endpoint.name))


def _shown(backtest: Backtest) -> dict[str, Any]:
    return {"backtest": backtest, "status": selectors.status(backtest), "error": selectors.error(backtest)}


def _moment(text: str, name: str, problems: list[Problem]) -> datetime | None:
    try:
        return parse_timestamp(text)
    except ValueError:
        problems.append(Problem(f"/{name}", "wrong_type", "Expected a date or a moment in ISO 8601."))
        return None
