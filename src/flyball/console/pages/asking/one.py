"""``/ask/{endpoint}``: a question, its answer, what would be if, and what really happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from flyball import inprocess
from flyball.console.asking import curve, outcomes
from flyball.console.asking.answers import Answer, answer_of
from flyball.console.asking.form import ENTITY, INPUT, Form
from flyball.console.asking.proof import prediction_of, proof_of
from flyball.console.asking.typical import typical
from flyball.console.frame.page import is_text, render
from flyball.console.pages.asking.page import AskPage, Subject
from flyball.control.monitoring import recorded
from flyball.control.registry import selectors as registry
from flyball.control.routing.models import Prediction
from flyball.domain.errors import (
    InvalidInput,
    ModelFailed,
    Problem,
    UnknownEntity,
    UnknownPrediction,
    UnknownVersion,
)
from flyball.domain.routing import Manifest
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.serving.http.problems import STATUS

OF_THE_QUESTION = (InvalidInput, UnknownEntity, ModelFailed)
"""Errors that what was written brings about: they are told beside it."""
ANSWERED, ONCE, OVER, TYPICAL = "answered", "once", "over", "typical"
"""What an address or a form of the page says besides the inputs."""


class OneAsk(AskPage):
    """``GET /ask/{endpoint}?input.age=44&over=input.age`` shows, and records nothing; ``POST`` asks."""

    template = "asking/one.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The form, with the answer to what the address holds."""
        subject = self.subject(endpoint)
        sent = {name: str(text) for name, text in request.GET.items() if is_text(str(text))}
        if not any(name.startswith((f"{INPUT}.", f"{ENTITY}.")) for name in sent):
            kinds = {each.field.name: each.field.kind for each in subject.form.fields}
            return self.page(
                subject, subject.form.begun(typical(subject.route, kinds) if TYPICAL in sent else {})
            )
        form = subject.form.filled(sent)
        before = self.recorded(subject, sent.get(ANSWERED, ""))
        if before is None or self.is_part:
            return self._wondered(subject, form, before, sent)
        return self._answered(subject, form, before, sent)

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Ask: the answer is recorded once, however often the same form is sent; its address shows it."""
        subject = self.subject(endpoint)
        form = subject.form.filled(request.POST)
        entity, values = form.values()
        call = Call(
            endpoint=endpoint,
            rows=(Row(entity=entity, input=values),),
            idempotency_key=f"ask {request.user.pk} {request.POST.get(ONCE, '')} {form.query}",
        )
        try:
            (answer,) = inprocess.ask(subject.principal, call)
        except OF_THE_QUESTION as error:
            problems = problems_of(error)
            more = {"faults": form.others(problems), "is_refused": True}
            return self.page(subject, form.told(problems), STATUS[error.code], **more)
        return self.to_answer(subject, form, proof_of(answer.id, request.user))

    @property
    def is_part(self) -> bool:
        """Whether the answer alone is asked for, beside a form that stays."""
        return self.request.headers.get("HX-Request") == "true"

    def page(self, subject: Subject, form: Form, status: int = 200, **more: Any) -> HttpResponse:
        """The whole page around an answer, or none yet."""
        context = {
            "title": subject.title,
            "name": subject.endpoint.name,
            "form": form,
            "varied": curve.choices(form),
            "over": self.request.GET.get(OVER, ""),
            "once": uuid4().hex,
            "link": self.link(subject, form),
            **more,
        }
        return self.show(context, status=status)

    def link(self, subject: Subject, form: Form) -> str:
        """The address that holds the question, and nothing of who asked."""
        address = reverse("flyball-ask", args=[subject.endpoint.name])
        return self.request.build_absolute_uri(f"{address}?{form.query}")

    def recorded(self, subject: Subject, proof: str) -> Prediction | None:
        """The prediction that a proof says is this reader's own: who opens another one's link has none."""
        identity = prediction_of(proof, self.request.user)
        found = None if identity is None else recorded.prediction(self.mine, identity)
        return found if found is not None and found.endpoint == subject.endpoint.name else None

    def to_answer(self, subject: Subject, form: Form, proof: str) -> HttpResponse:
        """To the address that holds the inputs, and the proof of who asked."""
        over = self.request.POST.get(OVER, "")
        chosen = f"&{OVER}={over}" if curve.varied(form, over) else ""
        address = reverse("flyball-ask", args=[subject.endpoint.name])
        return HttpResponseRedirect(f"{address}?{form.query}{chosen}&{ANSWERED}={proof}#answer")

    def _answered(
        self, subject: Subject, form: Form, prediction: Prediction, sent: Mapping[str, str]
    ) -> HttpResponse:
        """A recorded answer, and what was told of it since."""
        manifest = manifest_of(subject, prediction)
        answer = _answer(subject, manifest, prediction)
        remarks = outcomes.remarks(prediction)
        return self.page(
            subject,
            form.told((), remarks),
            answer=answer,
            prediction=prediction,
            proof=sent[ANSWERED],
            remarks=form.others(remarks),
            **outcomes.right(subject.route, manifest, prediction),
            **self._over(subject, form, answer, sent),
        )

    def _wondered(
        self, subject: Subject, form: Form, before: Prediction | None, sent: Mapping[str, str]
    ) -> HttpResponse:
        """An answer that is not recorded, beside the recorded one that was before it."""
        found: dict[str, Any] = {"is_wondered": True, "lacking": form.lacking, "over": sent.get(OVER, "")}
        earlier = None if before is None else _answer(subject, manifest_of(subject, before), before)
        if earlier is not None:
            found |= {"before": earlier, "proof": sent[ANSWERED]}
        shown, status = form, 200
        if not form.lacking:
            try:
                answer, warnings = self._what_if(subject, form, before)
                shown = form.told((), warnings)
                found |= {"answer": answer, "remarks": form.others(warnings)}
                found |= {**_moved(earlier, answer), **self._over(subject, form, answer, sent)}
            except OF_THE_QUESTION as error:
                problems = problems_of(error)
                shown, status = form.told(problems), STATUS[error.code]
                found |= {"faults": form.others(problems)}
        if self.is_part:
            found |= {"form": shown, "name": subject.endpoint.name, "link": self.link(subject, form)}
            return render(self.request, "asking/answer.html", {**self._around(), **found})
        return self.page(subject, shown, status, **found)

    def _what_if(
        self, subject: Subject, form: Form, before: Prediction | None
    ) -> tuple[Answer, tuple[Problem, ...]]:
        manifest = subject.answering(None if before is None else before.version)
        entity, values = form.values()
        call = Call(
            endpoint=subject.endpoint.name,
            rows=(Row(entity=entity, input=values),),
            version=manifest.number,
        )
        (answer,) = inprocess.what_if(subject.principal, call)
        return answer_of(subject.route, manifest, answer.output, answer.decision), answer.warnings

    def _over(
        self, subject: Subject, form: Form, answer: Answer | None, sent: Mapping[str, str]
    ) -> dict[str, Any]:
        """The curve that was asked for."""
        entry = curve.varied(form, sent.get(OVER, ""))
        if entry is None or answer is None:
            return {}
        manifest = subject.answering(answer.version)
        if manifest.number != answer.version:
            return {}  # it answers here no more
        return {"figure": curve.curve_of(subject.principal, subject.route, manifest, form, entry, answer)}


class TellAsk(OneAsk):
    """``POST /ask/{endpoint}/outcome``: what really happened, from who asked."""

    roles = {"POST": "caller"}

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Store it, and back to the answer. Raises ``UnknownPrediction``, and what the doors raise."""
        subject = self.subject(endpoint)
        proof, value = request.POST.get(ANSWERED, ""), request.POST.get("value", "")
        prediction = self.recorded(subject, proof)
        if prediction is None:
            raise UnknownPrediction
        if not value or not is_text(value):
            problem = Problem("/value", "missing", "Say what happened: a label, or a number.")
            raise InvalidInput("The outcome does not fit.", problems=[problem])
        outcome = SentOutcome(value=value, prediction=prediction.id, is_text=True)
        inprocess.tell(subject.principal, outcome)
        back = dict(parse_qsl(request.POST.get("back", "")[:LONGEST_QUERY]))
        return self.to_answer(subject, subject.form.filled(back), proof)


LONGEST_QUERY = 100_000
"""Characters of the address that a form leads back to."""


def problems_of(error: InvalidInput | UnknownEntity | ModelFailed) -> list[Problem]:
    """What an error says, a sentence each."""
    return list(error.problems) or [Problem("", error.code, error.detail)]


def manifest_of(subject: Subject, prediction: Prediction) -> Manifest | None:
    """The version that answered; ``None`` where it was removed since."""
    if prediction.version in subject.manifests:
        return subject.manifests[prediction.version]
    try:
        return registry.manifest(registry.version(prediction.endpoint, prediction.version))
    except UnknownVersion:
        return None


def _moved(before: Answer | None, answer: Answer) -> dict[str, str]:
    """What the recorded answer was about, in the new one."""
    amount = None if before is None else before.amount_in(answer.output)
    return {} if before is None or amount is None else {"moved": before.written(amount)}


def _answer(subject: Subject, manifest: Manifest | None, prediction: Prediction) -> Answer | None:
    """What a prediction said; ``None`` where it was erased, or its version is gone."""
    if manifest is None or prediction.output is None:
        return None
    return answer_of(subject.route, manifest, prediction.output, prediction.decision)
