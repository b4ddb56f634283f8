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
from flyball.console.asking.form import Form
from flyball.console.asking.proof import prediction_of, proof_of
from flyball.console.frame.page import is_text, render
from flyball.console.pages.asking import public, why, wondering
from flyball.console.pages.asking.page import AskPage, Subject
from flyball.console.pages.asking.wondering import (
    ANSWERED,
    OF_THE_QUESTION,
    ONCE,
    OVER,
    begun,
    is_part,
    part,
    said,
)
from flyball.control.monitoring import recorded
from flyball.control.routing.models import Prediction
from flyball.domain.errors import InvalidInput, Problem, UnknownPrediction
from flyball.serving.calls import SentOutcome

LONGEST_ADDRESS = 4_000
"""Characters of inputs in an address: a longer text is read from its prediction."""
LONGEST_QUERY = 1_000_000
"""Characters of the address that a form leads back to."""


class OneAsk(AskPage):
    """``GET /ask/{endpoint}?input.age=44&over=input.age`` shows, and records nothing; ``POST`` asks."""

    template = "asking/one.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The form, with the answer to what the address holds; or only why that is the answer."""
        subject, sent = self.subject(endpoint), said(request)
        before, has_question = self.recorded(subject, sent.get(ANSWERED, "")), wondering.has_question(sent)
        if before is None and not has_question:
            return self.page(subject, begun(subject, sent))
        form = subject.form.filled(sent)
        if before is not None and not has_question:
            form = wondering.form_of(subject, before)
        if why.WHY in sent and is_part(request):
            reasons = why.told(subject, form, sent, before)
            return render(request, "asking/why.html", self._around() | reasons)
        if before is not None and not is_part(request) and wondering.is_its(subject, form, before):
            return self._answered(subject, form, before, sent)
        shown = wondering.wondered(subject, form, sent, before)
        shown.context.update(self._why(subject, form, sent, before, form.query))
        if is_part(request):
            return part(request, subject, shown, self._around(), self.link(subject, form))
        return self.page(subject, shown.form, shown.status, **shown.context)

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Ask: the answer is recorded once, however often the same form is sent; its address shows it."""
        subject = self.subject(endpoint)
        form = subject.form.filled(request.POST)
        key = f"ask {request.user.pk} {request.POST.get(ONCE, '')} {form.query}"
        try:
            (answer,) = inprocess.ask(
                subject.principal, wondering.call_of(subject, form, idempotency_key=key)
            )
        except OF_THE_QUESTION as error:
            shown = wondering.refused(form, error, {"is_refused": True})
            return self.page(subject, shown.form, shown.status, **shown.context)
        return self.to_answer(subject, form, proof_of(answer.id, request.user))

    def everybody(self, request: HttpRequest, **values: Any) -> HttpResponse | None:
        """The page, where its endpoint is open to everybody."""
        return public.everybody(request, str(values.get("endpoint", "")))

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
            "may_find": self.may(subject.endpoint.team.slug, "member"),
            "is_owner": self.may(subject.endpoint.team.slug, "owner"),
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
        asked = f"{form.query}{chosen}&" if len(form.query) <= LONGEST_ADDRESS else ""
        return HttpResponseRedirect(f"{address}?{asked}{ANSWERED}={proof}#answer")

    def _answered(
        self, subject: Subject, form: Form, prediction: Prediction, sent: Mapping[str, str]
    ) -> HttpResponse:
        """A recorded answer, and what was told of it since."""
        answer = wondering.answer_to(subject, prediction)
        remarks = outcomes.remarks(prediction)
        return self.page(
            subject,
            form.told((), remarks),
            answer=answer,
            prediction=prediction,
            proof=sent[ANSWERED],
            remarks=form.others(remarks),
            **outcomes.right(subject.route, wondering.manifest_of(subject, prediction), prediction),
            **wondering.over(subject, form, answer, sent),
            **self._why(subject, form, sent, prediction, ""),
        )

    def _why(
        self, subject: Subject, form: Form, sent: Mapping[str, str], before: Prediction | None, query: str
    ) -> dict[str, Any]:
        """Where the reasons are found, for after the answer; on the page itself where they were asked for."""
        if why.WHY in sent:
            return why.told(subject, form, sent, before)
        return why.offered(subject, query, sent)


class TellAsk(OneAsk):
    """``POST /ask/{endpoint}/outcome``: what really happened, from who asked."""

    roles = {"POST": "caller"}

    def everybody(self, request: HttpRequest, **values: Any) -> HttpResponse | None:
        """Nothing: who has no account tells no outcome."""
        return None

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
