"""One A/B test on one page: its verdict, what comes next, and all that it rests on; the same as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from flyball.console.charts.abtests import band, days
from flyball.console.frame import tags
from flyball.console.frame.charted import ChartedPage, Charts
from flyball.console.frame.figures import Figure
from flyball.console.frame.intervals import Plot, reach
from flyball.console.frame.page import HEADERS, Page
from flyball.console.pages.abtests.all import abtest_crumbs
from flyball.control.abtests import selectors
from flyball.control.abtests.judging import standing
from flyball.control.abtests.strata import CHAMPION
from flyball.domain.delimited import inert_line
from flyball.domain.errors import NotFound
from flyball.domain.values import parse_timestamp

COLUMNS = (
    "endpoint", "test", "state", "verdict", "metric", "role", "better", "margin", "mature", "known", "arm",
    "version", "threshold", "share", "units", "predictions", "value", "estimate", "lower", "upper", "ahead",
)  # fmt: skip
SIGNS = {"higher": 1, "lower": -1, "same": 0}


class OneTest(ChartedPage):
    """``GET`` and ``POST /endpoints/{endpoint}/tests/{number}``, ``?metric=…&arm=…`` for another band."""

    template = "abtests/one.html"

    def charts(self, *, endpoint: str, number: int) -> Charts:
        """The interval of one metric of one arm over time."""
        found = self.endpoint(endpoint)
        test = selectors.abtest(endpoint, number)
        stands = standing.standing(test)
        metric, arm = self._chosen(stands)
        figures = []
        if metric is not None:
            points = standing.band(test, arm, metric["name"])
            figures = [band(metric, arm, points, _changes(stands["strata"], arm)), *_days(stands, arm)]
        return Charts(
            endpoint=found,
            of=f"tests/{number}/{arm}/{metric['name'] if metric else ''}",
            about=f"{endpoint}, A/B test {number}; times in UTC",
            figures=figures,
            read={"stands": stands, "metric": metric, "arm": arm},
        )

    def page(self, charts: Charts) -> HttpResponse:
        """The whole of it."""
        stands, endpoint = charts.read["stands"], charts.endpoint
        running = stands["state"] == "running"
        context = {
            "title": f"A/B test {stands['number']} of {endpoint.name}",
            "endpoint": endpoint,
            "test": stands,
            "figures": self.charted(charts) if charts.figures else [],
            "choices": _choices(stands, charts.read["metric"], charts.read["arm"]),
            "metrics": _metrics(stands),
            "split": _split(stands),
            **_planned(stands),
            "may_change": running and self.may(endpoint.team.slug, "owner"),
        }
        return self.show(context, abtest_crumbs(endpoint.name))

    @property
    def address(self) -> str:
        """The page with the same band."""
        chosen = {name: self.request.GET[name] for name in ("metric", "arm") if name in self.request.GET}
        return f"{super().address}?{urlencode(chosen)}" if chosen else super().address

    def _chosen(self, stands: Mapping[str, Any]) -> tuple[Any, str]:
        """The metric and the arm whose band is asked for. Raises ``NotFound``."""
        metrics = {each["name"]: each for each in stands["metrics"]}
        arms = _challengers(stands)
        if not metrics or not arms:
            return None, ""
        metric = self.request.GET.get("metric", next(iter(metrics)))
        arm = self.request.GET.get("arm", (stands["verdict"] or {}).get("challenger") or arms[0])
        if metric not in metrics or arm not in arms:
            raise NotFound("There is no such page.")
        return metrics[metric], arm


class StandingFile(Page):
    """``GET /endpoints/{endpoint}/tests/{number}.csv`` and ``.json``: how it stands, as a file."""

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The file."""
        self.endpoint(endpoint)
        stands = standing.standing(selectors.abtest(endpoint, number))
        is_json = request.path.endswith(".json")
        body = json.dumps(stands, ensure_ascii=False, indent=1) if is_json else "".join(_lines(stands))
        kind = "json" if is_json else "csv"
        name = f'attachment; filename="{endpoint}-test-{number}.{kind}"'
        media_type = "application/json" if is_json else "text/csv; charset=utf-8"
        return HttpResponse(body, content_type=media_type, headers={**HEADERS, "Content-Disposition": name})


def _days(stands: Mapping[str, Any], arm: str) -> list[Figure]:
    """The primary metric by days since the first prediction, where there is more than one."""
    found = [each for each in stands["days"] if each["arm"] == arm]
    return [days(stands["metrics"][0], arm, found)] if len(found) > 1 else []


def _challengers(stands: Mapping[str, Any]) -> list[str]:
    return [each["name"] for each in stands["arms"] if each["name"] != CHAMPION]


def _changes(strata: Sequence[Mapping[str, Any]], arm: str) -> list[tuple[datetime, str]]:
    """When the shares changed after the start, and the arm's from then on."""
    return [(parse_timestamp(each["since"]), tags.part(each["shares"].get(arm, 0.0))) for each in strata[1:]]


def _choices(stands: Mapping[str, Any], metric: Any, arm: str) -> list[dict[str, Any]]:
    """Two lists of links: each metric with the same arm, and each arm with the same metric."""
    if metric is None:
        return []
    metrics, arms = [each["name"] for each in stands["metrics"]], _challengers(stands)
    found = []
    for title, names, here in (("Metric", metrics, metric["name"]), ("Arm", arms, arm)):
        links = []
        for name in names if len(names) > 1 else ():
            asked = {"metric": metric["name"], "arm": arm, title.lower(): name}
            links.append({"name": name, "query": urlencode(asked), "is_here": name == here})
        if links:
            found.append({"title": title, "links": links})
    return found


def _metrics(stands: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each metric with the champion's value, and of each challenger its value, interval and picture."""
    versions = {each["name"]: each["version"] for each in stands["arms"]}
    found = []
    for each in stands["metrics"]:
        values = {one["arm"]: one for one in each["values"]}
        bounds = [one[name] for one in each["readings"] for name in ("estimate", "lower", "upper")]
        most = reach([*bounds, each["margin"]])
        rows = [
            {
                **one,
                "version": versions[one["arm"]],
                "value": values[one["arm"]]["value"],
                "plot": Plot(
                    one["estimate"],
                    one["lower"],
                    one["upper"],
                    most=most,
                    margin=each["margin"],
                    sign=SIGNS[each["better"]],
                ),
            }
            for one in each["readings"]
        ]
        found.append({**each, "champion": values[CHAMPION]["value"], "rows": rows})
    return found


def _split(stands: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of each arm its part of all units, and the one that its weights promised."""
    if stands["split"] is None:
        return None
    strata, rows = stands["strata"], []
    total = sum(sum(each["units"].values()) for each in strata)
    for arm in (each["name"] for each in stands["arms"]):
        seen = sum(each["units"].get(arm, 0) for each in strata)
        expected = sum(each["shares"].get(arm, 0.0) * sum(each["units"].values()) for each in strata)
        rows.append({"arm": arm, "seen": seen, "expected": round(expected)})
        if total:
            rows[-1] |= {"share": seen / total, "promised": expected / total}
    evidence, limit = max(stands["split"]["evidence"], 0.0), stands["split"]["broken_from"]
    return {
        **stands["split"],
        "evidence": evidence,
        "rows": rows if total else [],
        "is_broken": evidence >= limit,
        "part": min(evidence / limit, 1.0),
    }


def _planned(stands: Mapping[str, Any]) -> dict[str, Any]:
    """What of the plan is there, and what came in each time of equal weights."""
    plan = stands["sample"] or {"seen": 0.0, "information": 1.0}
    return {
        "planned_part": min(plan["seen"] / plan["information"], 1.0),
        "primary": next(iter(stands["metrics"]), None),
        "has_latency": any(each["shape"] == "latency" for each in stands["metrics"]),
        "strata": [{**each, "came": sum(each["units"].values())} for each in stands["strata"]],
    }


def _lines(stands: Mapping[str, Any]) -> Iterator[str]:
    """A line for each metric and arm; differences are of challengers alone."""
    yield inert_line(COLUMNS)
    arms = {each["name"]: each for each in stands["arms"]}
    test = {"endpoint": stands["endpoint"], "test": stands["number"], "state": stands["state"]}
    test["verdict"] = (stands["verdict"] or {}).get("state")
    for metric in stands["metrics"]:
        readings = {each["arm"]: each for each in metric["readings"]}
        for value in metric["values"]:
            arm = {name: each for name, each in arms[value["arm"]].items() if name != "name"}
            row = {**metric, **readings.get(value["arm"], {}), **arm, **value, **test}
            yield inert_line([{**row, "metric": metric["name"]}.get(name) for name in COLUMNS])
