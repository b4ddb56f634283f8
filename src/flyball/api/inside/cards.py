"""The model card of a version: its facts, and what people have written beside them."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described.inside import Card
from flyball.api.described.operations import described
from flyball.api.view import ManagementView
from flyball.control.cards import facts
from flyball.control.cards.markdown import markdown
from flyball.control.registry import selectors as registry

MARKDOWN = "text/markdown"


class OneCard(ManagementView):
    """``GET /api/endpoints/{endpoint}/versions/{number}/card``."""

    roles = {"GET": "viewer"}

    @described(Card, "unknown_version")
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """Facts, put together anew, and what is written on the card now."""
        version = registry.version(self.endpoint(request, endpoint).name, number)
        return Response(facts.document(version))


class CardFile(ManagementView):
    """``GET /api/endpoints/{endpoint}/versions/{number}/card.md``."""

    roles = {"GET": "viewer"}

    @described({"type": "string"}, "unknown_version", file=MARKDOWN)
    def get(self, request: Request, endpoint: str, number: int) -> HttpResponse:
        """The same as Markdown, in which no text of data or people is markup."""
        version = registry.version(self.endpoint(request, endpoint).name, number)
        text = markdown(facts.document(version)).encode(errors="backslashreplace")
        headers = {"X-Content-Type-Options": "nosniff"}
        return HttpResponse(text, content_type=f"{MARKDOWN}; charset=utf-8", headers=headers)
