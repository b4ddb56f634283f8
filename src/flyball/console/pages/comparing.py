"""All versions of an endpoint, and some of them beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame import tags
from flyball.console.frame.page import Crumb, Page
from flyball.console.frame.paging import some, whole
from flyball.console.pages.endpoints import crumbs, version_rows
from flyball.control.registry import selectors as registry
from flyball.control.registry import side_by_side
from flyball.control.registry.compiling import compiling_text, runtime_in, runtime_of
from flyball.control.registry.models import Version
from flyball.control.registry.side_by_side import fact
from flyball.control.routing import selectors as routing
from flyball.domain.schema import Field

FOLDS = 50
"""Scores of folds that are shown: a build has fewer, an imported folder may name any number."""
SHOWN_FIELDS = 100
"""Fields that differ, of a comparison."""


class Line(NamedTuple):
    """What is compared: its name, how each version has it, and whether they differ."""

    name: str
    cells: list[Any]
    differs: bool


class Versions(Page):
    """``GET /endpoints/{endpoint}/versions?before=…&order=oldest``."""

    template = "versions.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A page of versions."""
        found = self.endpoint(endpoint)
        is_oldest_first = request.GET.get("order") == "oldest"
        page = some(request, registry.listed(endpoint), "number", oldest_first=is_oldest_first)
        sizes = side_by_side.sizes({each.number: {"artifacts": each.artifacts} for each in page.rows})
        rows = [
            {**row, "size": sizes[row["version"].number], "runtime": runtime_in(row["version"].artifacts)}
            for row in version_rows(page.rows, routing.route(endpoint))
        ]
        context = {
            "title": f"Versions of {endpoint}",
            "endpoint": found,
            "rows": rows,
            "page": page,
            "is_oldest_first": is_oldest_first,
            "may_promote": self.may(found.team.slug, "owner"),
        }
        return self.show(context, crumbs(endpoint))


class Compare(Page):
    """``GET /endpoints/{endpoint}/compare?version=3&version=5``."""

    template = "compare.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The versions, a column each."""
        self.endpoint(endpoint)
        numbers = [number for text in request.GET.getlist("version") if (number := whole(text)) is not None]
        versions = side_by_side.chosen(endpoint, numbers)
        same, fields = _fields(versions)
        context = {
            "title": f"Versions {', '.join(f'@{each.number}' for each in versions)} of {endpoint}",
            "endpoint": endpoint,
            "rows": version_rows(versions, routing.route(endpoint)),
            "doubts": side_by_side.doubts(versions),
            "scores": _scores(versions),
            "facts": _facts(versions),
            "parameters": _parameters(versions),
            "fields": fields[:SHOWN_FIELDS],
            "more_fields": len(fields[SHOWN_FIELDS:]),
            "same_fields": same,
        }
        return self.show(context, compare_crumbs(endpoint))


def compare_crumbs(endpoint: str) -> list[Crumb]:
    """The way to what is below all versions."""
    return [*crumbs(endpoint), ("Versions", reverse("flyball-versions", args=[endpoint]))]


def _line(name: str, values: Sequence[Any], write: Callable[[Any], Any] = tags.plain) -> Line:
    return Line(name, [write(value) for value in values], any(value != values[0] for value in values))


def _scores(versions: Sequence[Version]) -> list[Line]:
    every = [fact(each, "fold_scores") for each in versions]
    folds = [each[:FOLDS] if isinstance(each, list) else [] for each in every]
    return [
        _line("Metric", [fact(each, "metric") for each in versions]),
        _line("Held out", [fact(each, "held_out_score") for each in versions], tags.score),
        *(
            _line(f"Fold {number}", values, tags.score)
            for number, values in enumerate(zip_longest(*folds), start=1)
        ),
    ]


def _facts(versions: Sequence[Version]) -> list[Line]:
    sizes = side_by_side.sizes({each.number: each.manifest for each in versions})
    facts: tuple[tuple[str, tuple[str, ...], Callable[[Any], Any]], ...] = (
        ("Candidate", ("candidate",), tags.plain),
        ("Snapshot", ("snapshot", "digest"), tags.short),
        ("Rows", ("snapshot", "rows"), tags.number),
        ("Seed", ("seed",), tags.plain),
        ("Fitted in", ("seconds",), tags.seconds),
        ("Trials", ("trials",), tags.number),
        ("Code", ("environment", "commit"), tags.short),
        ("Python", ("environment", "python"), tags.plain),
        ("scikit-learn", ("environment", "libraries", "scikit-learn"), tags.plain),
    )
    return [
        *(_line(name, [fact(each, *path) for each in versions], write) for name, path, write in facts),
        _line("Answered by", [runtime_of(each) for each in versions]),
        _line("Compiled", [compiling_text(each) for each in versions]),
        _line("Size", [sizes[each.number] for each in versions], tags.size),
        Line("Made", [tags.moment(each.created_at) for each in versions], differs=False),
    ]


def _parameters(versions: Sequence[Version]) -> list[Line]:
    return [_line(name, values) for name, values in side_by_side.parameters(versions).items()]


def _fields(versions: Sequence[Version]) -> tuple[int, list[Line]]:
    """How many fields are the same in all, and those that are not."""
    every = [{field.name: field for field in registry.manifest(each).schema.fields} for each in versions]
    names = dict.fromkeys(name for fields in every for name in fields)
    lines = [_line(name, [fields.get(name) for fields in every], _field) for name in names]
    unlike = [line for line in lines if line.differs]
    return len(lines) - len(unlike), unlike


def _field(field: Field | None) -> str:
    if field is None:
        return "not there"
    said = [field.kind.value, f"from {field.source}"]
    if field.nullable:
        said.append("may be missing")
    if field.categories:
        said.append(f"{len(field.categories)} categories")
    elif field.low is not None:
        said.append(f"{tags.brief(field.low)} to {tags.brief(field.high)}")
    return ", ".join(said)
