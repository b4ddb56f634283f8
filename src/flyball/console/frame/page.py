"""What every page stands on: who looks, what they may, what is around a page, and how refusals look."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import RequestContext
from django.template.backends.django import DjangoTemplates
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_protect

from flyball.console.frame.paging import is_number
from flyball.console.frame.proof import needs_proof
from flyball.control.accounts.selectors import Actor, actor
from flyball.control.declarations import selectors as declarations
from flyball.control.declarations.models import Endpoint
from flyball.domain.errors import FlyballError, InvalidInput, MethodNotAllowed, Problem
from flyball.serving.http.problems import STATUS

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every page: nothing inline, nothing from another host."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SECTIONS = (
    ("flyball-home", "Endpoints"),
    ("flyball-all-builds", "Builds"),
    ("flyball-predictions", "Predictions"),
    ("flyball-jobs", "Jobs"),
    ("flyball-schedules", "Schedules"),
    ("flyball-asks", "Ask"),
    ("flyball-people", "People"),
    ("flyball-api", "API"),
)
"""The navigation: the name of an address, and what it is called."""

Crumb = tuple[str, str]
"""What it is called, and its address."""


@cache
def engine() -> DjangoTemplates:
    """The console's own templates, whatever the project does with its own."""
    return DjangoTemplates(
        {
            "NAME": "flyball",
            "DIRS": [Path(__file__).parents[1] / "templates"],
            "APP_DIRS": False,
            "OPTIONS": {
                "builtins": [
                    "flyball.console.frame.tags",
                    "flyball.console.frame.verdicts",
                    "django.templatetags.i18n",
                ],
                "context_processors": ["django.template.context_processors.request"],
                "autoescape": True,
            },
        }
    )


def render(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """A page, or a part of one."""
    # Numbers as the page's own language and its scripts write them, whatever the project's language is.
    around = RequestContext(request, dict(context), use_l10n=False)
    text = engine().engine.get_template(template).render(around)
    return HttpResponse(text, status=status, headers=HEADERS)


@method_decorator(csrf_protect, name="dispatch")  # a project need not have the middleware
class Page(View):
    """One page. ``roles`` says for each method which role it takes; what is not there is refused."""

    http_method_names = ["get", "head", "post"]
    roles: ClassVar[Mapping[str, str]] = {"GET": "viewer"}
    sensitive: ClassVar[Collection[str]] = ()
    """Methods before which readers prove who they are: name also that of the page with the form."""
    template = ""
    section = "flyball-home"
    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Let in who is signed in and may; whatever is refused becomes a page that says why."""
        if not hasattr(request, "user"):
            raise Http404  # a project in which nobody signs in has no pages
        if any("\x00" in str(value) for value in kwargs.values()):
            raise Http404  # PostgreSQL refuses to look for it
        if not request.user.is_authenticated:
            return self.welcome(request, *args, **kwargs)
        self.actor = actor(request.user)
        try:
            if self.role is None:
                return self._closed()
            asked = needs_proof(request) if self.method in self.sensitive else None
            return asked or super().dispatch(request, *args, **kwargs)
        except FlyballError as error:
            return self.refuse(error)

    def refuse(self, error: FlyballError) -> HttpResponse:
        """The page that says why something is not possible."""
        return refusal(self.request, error, self._around())

    def welcome(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What somebody gets who is not signed in."""
        return to_sign_in(request)

    @property
    def method(self) -> str:
        """The method; ``HEAD`` asks what ``GET`` does."""
        return "GET" if self.request.method == "HEAD" else self.request.method or ""

    @property
    def role(self) -> str | None:
        """The role that this request takes; ``None`` where the method is refused."""
        return self.roles.get(self.method)

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of a name, for somebody with the method's role.

        Raises ``UnknownEndpoint``, in the same words for one that belongs to another team; ``Forbidden``.
        """
        return declarations.visible_endpoint(self.actor, name, self.role or "owner")

    def expected(self) -> int:
        """The revision of the route that the form was made for; 0 where there was none.

        Raises ``InvalidInput``.
        """
        sent = self.request.POST.get("expected", "0")
        if not is_number(sent):
            problem = Problem("/expected", "wrong_type", "Expected the number of a route's revision.")
            raise InvalidInput("The form does not fit: open its page again.", problems=[problem])
        return int(sent)

    def may(self, team: str, role: str) -> bool:
        """Whether somebody with that role in the team looks."""
        return team in self.actor.teams(role)

    def show(
        self, context: Mapping[str, Any], crumbs: Sequence[Crumb] = (), status: int = 200
    ) -> HttpResponse:
        """The page with all that is around it; the part that changes alone, where only that is asked for."""
        part = context.get("part")
        if part and self.request.headers.get("HX-Request") == "true":
            return render(self.request, str(part), context, status)
        return render(self.request, self.template, {**self._around(), "crumbs": crumbs, **context}, status)

    def _closed(self) -> HttpResponse:
        answer = self.refuse(MethodNotAllowed())
        answer["Allow"] = ", ".join(self.roles).replace("GET", "GET, HEAD")
        return answer

    def _around(self) -> dict[str, Any]:
        return {"sections": sections(self.section), "user": self.request.user}


def sections(here: str = "") -> list[tuple[str, str, bool]]:
    """The navigation: addresses, what they are called, and which of them is ``here``."""
    return [(reverse(name), title, name == here) for name, title in SECTIONS]


def refusal(
    request: HttpRequest,
    error: FlyballError,
    around: Mapping[str, Any] = MappingProxyType({}),
    template: str = "refusal.html",
) -> HttpResponse:
    """The page that says why something is not possible."""
    status = STATUS.get(error.code, 500)
    context = {"title": "Not possible", "error": error, "status": status}
    return render(request, template, {**around, **context}, status)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Who is not signed in: to where that is done, and back; a part of a page has its page ask instead."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={**HEADERS, "HX-Refresh": "true"})
    return redirect_to_login(request.get_full_path())


def to(name: str, **values: Any) -> HttpResponseRedirect:
    """After a form: the page that shows what came of it."""
    return HttpResponseRedirect(reverse(name, kwargs=values))


def is_text(sent: str) -> bool:
    """Whether something that was sent may be looked for: a database knows no NUL, and no half of a pair."""
    return "\x00" not in sent and sent == sent.encode(errors="replace").decode()
