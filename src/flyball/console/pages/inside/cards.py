"""The model card of a version: facts, and what people have written beside them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from flyball.console.frame.page import HEADERS, Page, to
from flyball.console.frame.paging import is_number
from flyball.console.pages.inside.diagnostics import diagnostics_crumbs
from flyball.control.cards import facts, selectors, services
from flyball.control.cards.markdown import markdown
from flyball.control.registry import selectors as registry
from flyball.domain.errors import InvalidInput, Problem

REVISIONS = 50
"""Revisions that are listed, the newest."""


class OneCard(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/versions/{number}/card``."""

    template = "card.html"
    roles = {"GET": "viewer", "POST": "owner"}

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The card, and the form that changes what is written on it."""
        found = self.endpoint(endpoint)
        version = registry.version(endpoint, number)
        context = {
            "title": f"Model card of {version}",
            "version": version,
            "card": facts.document(version),
            "revisions": selectors.revisions(version)[:REVISIONS],
            "may_change": self.may(found.team.slug, "owner"),
        }
        return self.show(context, diagnostics_crumbs(version))

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Write the next revision."""
        self.endpoint(endpoint)
        sent = request.POST
        expected = sent.get("revision", "0")
        if not is_number(expected):
            problem = Problem("/revision", "wrong_type", "Expected the number of a revision.")
            raise InvalidInput("The form does not fit: open its page again.", problems=[problem])
        services.write_card(
            version=registry.version(endpoint, number),
            intended_use=sent.get("intended_use", ""),
            limits=sent.get("limits", ""),
            owners=sent.get("owners", ""),
            expected=int(expected),
            user=request.user,
        )
        return to("flyball-card", endpoint=endpoint, number=number)


class CardFile(Page):
    """``GET /endpoints/{endpoint}/versions/{number}/card.md``."""

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The card as Markdown."""
        self.endpoint(endpoint)
        text = markdown(facts.document(registry.version(endpoint, number)))
        name = f'attachment; filename="{endpoint}-{number}-card.md"'
        return HttpResponse(
            text.encode(errors="backslashreplace"),
            content_type="text/markdown; charset=utf-8",
            headers={**HEADERS, "Content-Disposition": name},
        )
