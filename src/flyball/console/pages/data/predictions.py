"""Predictions: looked for, one in full, computed again, erased, and taken along as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball import inprocess
from flyball.console.frame.bars import Shares
from flyball.console.frame.page import Crumb, Page, to
from flyball.console.frame.predicted import answer, rows
from flyball.console.frame.written import written
from flyball.console.pages.data.asked import asked_for, refused, search_for
from flyball.control.datasets.profiles import BINS, Profile, described
from flyball.control.datasets.standing import standing
from flyball.control.declarations import selectors as declarations
from flyball.control.monitoring import recorded
from flyball.control.monitoring.recorded import Search
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing.models import Outcome, Prediction
from flyball.domain.access import Principal
from flyball.domain.delimited import inert_line
from flyball.domain.errors import Conflict, UnknownPrediction, UnknownVersion
from flyball.domain.records import outcome_labels
from flyball.domain.routing import Manifest
from flyball.domain.schema import escape
from flyball.serving.forms import read_id

SHOWN = 50
"""Predictions of a page."""
WRITTEN = 500
"""Predictions that are read at once for a file."""
COLUMNS = (
    "id",
    "created_at",
    "endpoint",
    "version",
    "arm",
    "reference",
    "entity",
    "answer",
    "decision",
    "outcome",
)


class Predictions(Page):
    """``GET /predictions?reference=…&endpoint=…&before=…``: newest first."""

    template = "predictions.html"
    section = "flyball-predictions"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of what is looked for; an id leads to its prediction."""
        asked = asked_for(request)
        if identity := read_id(asked.get("id", "")):
            return to("flyball-prediction", identity=identity)
        names = self.names()
        found = recorded.search(self.wanted(asked, names), SHOWN)
        context = {
            "title": "Predictions",
            "asked": asked,
            "query": urlencode(asked),
            "names": names,
            "rows": rows(found.predictions),
            "found": found,
            "further": urlencode({**asked, "before": found.following}) if found.following else None,
            "window": recorded.WINDOW,
            "several": recorded.SEVERAL,
        }
        return self.show(context)

    def names(self) -> list[str]:
        """The endpoints that the reader may look into."""
        return list(declarations.visible(self.actor).order_by("name").values_list("name", flat=True))

    def wanted(self, asked: Mapping[str, str], names: list[str]) -> Search:
        """The search that was asked for. Raises ``InvalidInput``; ``UnknownEndpoint``."""
        if "endpoint" in asked:
            names = [self.endpoint(asked["endpoint"]).name]
        return search_for(asked, names, self.request.GET.get("before"))


class PredictionsFile(Predictions):
    """``GET /predictions.csv?…``: all of what is looked for, to the end."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The file, written while it is read. Raises ``InvalidInput`` where it would leave endpoints out."""
        wanted = self.wanted(asked_for(request), self.names())
        if len(recorded.answering(wanted)) > recorded.SEVERAL:
            raise refused("endpoint", f"More than {recorded.SEVERAL} endpoints have some: name one.")
        return written(request, "predictions.csv", _lines(recorded.every(wanted, WRITTEN)))


class OnePrediction(Page):
    """``GET /predictions/{identity}``."""

    template = "prediction.html"
    section = "flyball-predictions"

    def get(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """All that is known of it."""
        return self.whole(self.prediction(identity))

    team: str
    """Whose the prediction is; known once it has been read."""
    has_outcomes: bool
    """Whether anything may happen to it: nothing does to a cluster."""

    def prediction(self, identity: UUID) -> Prediction:
        """The prediction, for who has the method's role. Raises ``UnknownPrediction``, ``Forbidden``."""
        found = recorded.prediction(declarations.visible(self.actor), identity)
        if found is None:
            raise UnknownPrediction
        endpoint = self.endpoint(found.endpoint)
        self.team, self.has_outcomes = endpoint.team.slug, endpoint.task != "clustering"
        return found

    @property
    def principal(self) -> Principal:
        """The reader, as the engine knows who asks."""
        return Principal(team=self.team, role=self.actor.roles[self.team])

    def whole(self, prediction: Prediction, **more: Any) -> HttpResponse:
        """The page of one prediction."""
        version = _version_of(prediction)
        manifest = None if version is None else registry.manifest(version)
        outcomes = list(recorded.outcomes_of(prediction))
        bound = [each for each in outcomes if each.state == Outcome.State.BOUND]
        context = {
            "title": f"Prediction {str(prediction.id)[:18]}",
            "row": prediction,
            "answer": answer(prediction),
            "fields": _fields(prediction, version, manifest),
            "classes": () if manifest is None else outcome_labels(manifest.task, manifest.classes),
            "is_gone": manifest is None,
            "has_outcomes": self.has_outcomes,
            "outcomes": outcomes,
            "counts": bound[0].pk if bound else None,
            "may_tell": self.may(self.team, "member"),
            "may_erase": self.may(self.team, "owner"),
            **more,
        }
        return self.show(context, crumbs())


class Replay(OnePrediction):
    """``POST /predictions/{identity}/replay``: computed again; nothing is recorded."""

    roles = {"POST": "viewer"}

    def post(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """The page, with what came out."""
        found = self.prediction(identity)
        return self.whole(found, replay=inprocess.replay(identity))


class Erase(OnePrediction):
    """``GET`` and ``POST /predictions/{identity}/erase``: first what goes, then it goes."""

    template = "erase.html"
    roles = {"GET": "owner", "POST": "owner"}

    def get(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """What would be erased."""
        found = self.prediction(identity)
        if found.erased_at is not None:
            raise Conflict("The prediction has been erased already.")
        return self.show({"title": "Erase a prediction", "row": found}, crumbs(found))

    def post(self, request: HttpRequest, identity: UUID) -> HttpResponse:
        """Erase it."""
        self.prediction(identity)
        inprocess.erase(self.principal, identity)
        return to("flyball-prediction", identity=identity)


def crumbs(prediction: Prediction | None = None) -> list[Crumb]:
    """The way to predictions, or to what belongs to one."""
    first = [("Predictions", reverse("flyball-predictions"))]
    if prediction is None:
        return first
    return [*first, (str(prediction.id)[:18], reverse("flyball-prediction", args=[prediction.id]))]


def _version_of(prediction: Prediction) -> Version | None:
    """The version that answered; ``None`` where it was removed since."""
    try:
        return registry.version(prediction.endpoint, prediction.version)
    except UnknownVersion:
        return None


def _fields(
    prediction: Prediction, version: Version | None, manifest: Manifest | None
) -> list[dict[str, Any]]:
    """The values that it was computed from, each on the distribution of what its version learned from."""
    known = {} if manifest is None else {each.name: each for each in manifest.schema.fields}
    learned = {}
    if version is not None:
        learned = described(version.manifest.get("schema"), version.facts.get("profile"))
    warned = {each.get("pointer", "").rpartition("/")[2]: each for each in prediction.warnings}
    return [
        {
            "name": name,
            "value": value,
            "field": known.get(name),
            "warning": warned.get(escape(name)),
            **_stands(learned.get(name), value),
        }
        for name, value in (prediction.input or {}).items()
    ]


def _stands(profile: Profile | None, value: Any) -> dict[str, Any]:
    """What is drawn and said of a value; nothing where nothing is known of its field."""
    if profile is None:
        return {}
    found = standing(profile, value)
    parts = profile.distribution or ([0.0] * BINS if found.place is not None else [])
    return {"column": profile, "stands": found, "shares": Shares(parts, found.place)}


def _lines(predictions: Iterator[Prediction]) -> Iterator[str]:
    yield inert_line(COLUMNS)
    while page := [each for _, each in zip(range(WRITTEN), predictions, strict=False)]:
        told = recorded.outcomes(page)
        yield "".join(inert_line(_cells(each, told.get(each.id))) for each in page)


def _cells(each: Prediction, outcome: Outcome | None) -> Iterable[Any]:
    entity = each.entity_key or ""
    told = None if outcome is None else outcome.value
    said = answer(each)["said"]
    return (
        each.id, each.created_at.isoformat(), each.endpoint, each.version, each.arm, each.reference, entity,
        said, each.decision, told,
    )  # fmt: skip
