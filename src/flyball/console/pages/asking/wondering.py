"""What the page of one case shows of an answer: one that is only wondered about, or one that is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse

from flyball import inprocess
from flyball.console.asking import curve
from flyball.console.asking.answers import Answer, answer_of
from flyball.console.asking.form import ENTITY, INPUT, Form
from flyball.console.asking.typical import typical
from flyball.console.frame.page import is_text, render
from flyball.console.pages.asking.page import Subject
from flyball.control.registry import selectors as registry
from flyball.control.routing.models import Prediction
from flyball.domain.errors import InvalidInput, ModelFailed, Problem, UnknownEntity, UnknownVersion
from flyball.domain.routing import Manifest
from flyball.serving.calls import Call, Row
from flyball.serving.http.problems import STATUS

OF_THE_QUESTION = (InvalidInput, UnknownEntity, ModelFailed)
"""Errors that what was written brings about: they are told beside it."""
ANSWERED, ONCE, OVER, TYPICAL = "answered", "once", "over", "typical"
"""What an address or a form of the page says besides the inputs."""


class Shown(NamedTuple):
    """The form with what is told beside its entries, what stands beside it, and the status of the page."""

    form: Form
    context: dict[str, Any]
    status: int = 200


def has_question(sent: Mapping[str, str]) -> bool:
    """Whether an address holds inputs."""
    return any(name.startswith((f"{INPUT}.", f"{ENTITY}.")) for name in sent)


def said(request: HttpRequest) -> dict[str, str]:
    """What an address says that any database and any engine takes."""
    return {name: str(text) for name, text in request.GET.items() if is_text(str(text))}


def is_part(request: HttpRequest) -> bool:
    """Whether the answer alone is asked for, beside a form that stays."""
    return request.headers.get("HX-Request") == "true"


def begun(subject: Subject, sent: Mapping[str, str]) -> Form:
    """The form before anything was written: with what is typical, where that was asked for."""
    if TYPICAL not in sent:
        return subject.form
    kinds = {each.field.name: each.field.kind for each in subject.form.fields}
    return subject.form.begun(typical(subject.route, kinds))


def part(
    request: HttpRequest, subject: Subject, shown: Shown, around: Mapping[str, Any], link: str
) -> HttpResponse:
    """The answer alone; what is wrong with a question is told there."""
    more = {"form": shown.form, "name": subject.endpoint.name, "link": link}
    return render(request, "asking/answer.html", {**around, **shown.context, **more})


def wondered(subject: Subject, form: Form, sent: Mapping[str, str], before: Prediction | None) -> Shown:
    """An answer that is not recorded, beside the recorded one that was before it."""
    found: dict[str, Any] = {"is_wondered": True, "lacking": form.lacking, OVER: sent.get(OVER, "")}
    earlier = None if before is None else answer_to(subject, before)
    if earlier is not None:
        back = f"?{form_of(subject, before).query}&{ANSWERED}={sent[ANSWERED]}" if before else ""
        found |= {"before": earlier, "proof": sent[ANSWERED], "back": back}
    if form.lacking:
        return Shown(form, found)
    try:
        answer, warnings = _what_if(subject, form, before)
        found |= {"answer": answer, "remarks": form.others(warnings)}
        found |= {**_moved(earlier, answer), **over(subject, form, answer, sent)}
    except OF_THE_QUESTION as error:
        return refused(form, error, found)
    return Shown(form.told((), warnings), found)


def refused(form: Form, error: InvalidInput | UnknownEntity | ModelFailed, found: dict[str, Any]) -> Shown:
    """What is wrong with a question, beside it."""
    problems = list(error.problems) or [Problem("", error.code, error.detail)]
    return Shown(form.told(problems), found | {"faults": form.others(problems)}, STATUS[error.code])


def over(subject: Subject, form: Form, answer: Answer | None, sent: Mapping[str, str]) -> dict[str, Any]:
    """The curve that was asked for, of the version that answered; nothing where it answers here no more."""
    entry = curve.varied(form, sent.get(OVER, ""))
    if entry is None or answer is None or answer.version not in subject.manifests:
        return {}
    manifest = subject.manifests[answer.version]
    try:
        return {"figure": curve.curve_of(subject.principal, subject.route, manifest, form, entry, answer)}
    except OF_THE_QUESTION:
        return {}  # the answer stands; some other value of the field has none


def is_its(subject: Subject, form: Form, prediction: Prediction) -> bool:
    """Whether a form asks what a prediction was asked; what was erased is as good as any."""
    return prediction.input is None or form.is_same(form_of(subject, prediction))


def form_of(subject: Subject, prediction: Prediction) -> Form:
    """The form with what a prediction was asked with."""
    return subject.form.of(prediction.entity or {}, prediction.input or {})


def call_of(subject: Subject, form: Form, **more: Any) -> Call:
    """The question as the engine takes it."""
    entity, values = form.values()
    return Call(endpoint=subject.endpoint.name, rows=(Row(entity=entity, input=values),), **more)


def manifest_of(subject: Subject, prediction: Prediction) -> Manifest | None:
    """The version that answered; ``None`` where it was removed since."""
    if prediction.version in subject.manifests:
        return subject.manifests[prediction.version]
    try:
        return registry.manifest(registry.version(prediction.endpoint, prediction.version))
    except UnknownVersion:
        return None


def answer_to(subject: Subject, prediction: Prediction) -> Answer | None:
    """What a prediction said; ``None`` where it was erased, or its version is gone."""
    manifest = manifest_of(subject, prediction)
    if manifest is None or prediction.output is None:
        return None
    return answer_of(subject.route, manifest, prediction.output, prediction.decision)


def _what_if(subject: Subject, form: Form, before: Prediction | None) -> tuple[Answer, tuple[Problem, ...]]:
    manifest = subject.answering(None if before is None else before.version)
    (answer,) = inprocess.what_if(subject.principal, call_of(subject, form, version=manifest.number))
    return answer_of(subject.route, manifest, answer.output, answer.decision), answer.warnings


def _moved(before: Answer | None, answer: Answer) -> dict[str, str]:
    """What the recorded answer was about, in the new one."""
    amount = None if before is None else before.amount_in(answer.output)
    return {} if before is None or amount is None else {"moved": before.written(amount)}
