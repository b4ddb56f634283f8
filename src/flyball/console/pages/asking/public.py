"""Pages for people without an account: an endpoint that is open to everybody, or a link that embeds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from flyball import inprocess
from flyball.console.asking import curve
from flyball.console.asking.answers import answer_of
from flyball.console.asking.form import Form
from flyball.console.asking.languages import language_of
from flyball.console.frame.page import POLICY, render
from flyball.console.pages.asking import wondering
from flyball.console.pages.asking.page import Subject, in_language, refused, subject_of
from flyball.console.pages.asking.wondering import OF_THE_QUESTION, ONCE, OVER, begun, is_part, part, said
from flyball.control.asking import public
from flyball.control.declarations import selectors as declarations
from flyball.domain.access import Principal
from flyball.domain.errors import FlyballError, NotFound

ANCESTORS = "frame-ancestors 'none'"
OPEN = {"links": ("links", "everybody"), "everybody": ("everybody",)}
"""What an endpoint has to be open to, for a link and for its own address."""

Allow = Callable[[], None]


def subject_for(name: str, way: str) -> Subject:
    """An endpoint for somebody without an account. Raises ``NotFound`` where the route in force is not open.

    Also where features come from tables: nobody outside the team looks people up.
    """
    endpoint = declarations.endpoint(name)
    subject = subject_of(endpoint, Principal(team=endpoint.team.slug, role="caller"))
    if subject.route.asking.open_to not in OPEN[way] or subject.form.keys:
        raise NotFound("This page is not there, or is there no more.")
    return subject


def question(request: HttpRequest, subject: Subject, who: str) -> HttpResponse:
    """The page of one case: what is asked is recorded, once; who asked proves nothing, and tells no outcome.

    Each answer counts against the endpoint's limit, also one that is recorded nowhere. ``who`` is what is
    counted together.
    """

    def allow() -> None:
        address, limit = request.META.get("REMOTE_ADDR", ""), subject.route.asking.per_minute
        public.count(who=who, address=address, limit=limit)

    if request.method == "POST":
        return _asked(request, subject, allow, who)
    sent = said(request)
    if not wondering.has_question(sent):
        return _page(request, subject, begun(subject, sent))
    form = subject.form.filled(sent)
    if not form.lacking:
        allow()
    shown = wondering.wondered(subject, form, sent, None)
    if is_part(request):
        return part(request, subject, shown, in_language(request), _link(request, form))
    return _page(request, subject, shown.form, shown.status, shown.context)


def _asked(request: HttpRequest, subject: Subject, allow: Allow, who: str) -> HttpResponse:
    form = subject.form.filled(request.POST)
    key = f"ask {who} {request.POST.get(ONCE, '')} {form.query}"
    allow()
    try:
        (found,) = inprocess.ask(subject.principal, wondering.call_of(subject, form, idempotency_key=key))
    except OF_THE_QUESTION as error:
        shown = wondering.refused(form, error, {"is_refused": True})
        return _page(request, subject, shown.form, shown.status, shown.context)
    manifest = subject.answering(found.version)
    answer = answer_of(subject.route, manifest, found.output, found.decision)
    filled = form.told((), found.warnings)
    more = {"answer": answer, "prediction": found, "remarks": form.others(found.warnings)}
    sent = {OVER: str(request.POST.get(OVER, ""))}
    return _page(request, subject, filled, 200, more | wondering.over(subject, form, answer, sent))


def _page(
    request: HttpRequest,
    subject: Subject,
    form: Form,
    status: int = 200,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "title": subject.title,
        "name": subject.endpoint.name,
        "form": form,
        "varied": curve.choices(form),
        "over": request.GET.get(OVER, request.POST.get(OVER, "")),
        "once": uuid4().hex,
        "link": _link(request, form),
        "is_public": True,
        **in_language(request),
        **(more or {}),
    }
    return render(request, "asking/one.html", context, status)


def _link(request: HttpRequest, form: Form) -> str:
    return request.build_absolute_uri(f"{request.path}?{form.query}")


@method_decorator(csrf_exempt, name="dispatch")  # no cookie says who asks: the link alone is what may
@method_decorator(xframe_options_exempt, name="dispatch")  # the policy names who may embed it, exactly
class Embedded(View):
    """``GET`` and ``POST /asked/{text}``: one endpoint, for the sites that its link names."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        """The page, with the policy of its link; a refusal is embedded nowhere."""
        with translation.override(language_of(request)):
            try:
                link = public.link_of(str(values["text"]))
                answer = question(request, subject_for(link.endpoint_id, "links"), f"link {link.pk}")
            except FlyballError as error:
                return refused(request, error)
        if link.origins:
            own = POLICY.replace(ANCESTORS, f"frame-ancestors {' '.join(link.origins)}")
            answer.headers["Content-Security-Policy"] = own
        return answer


def everybody(request: HttpRequest, endpoint: str) -> HttpResponse | None:
    """The page of an endpoint that is open to everybody, for somebody who is not signed in; else ``None``."""
    with translation.override(language_of(request)):
        try:
            subject = subject_for(endpoint, "everybody")
        except FlyballError:
            return None  # nobody is told whether there is such an endpoint
        try:
            return question(request, subject, f"endpoint {endpoint}")
        except FlyballError as error:
            return refused(request, error)
