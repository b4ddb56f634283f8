"""``/api/docs``: both APIs as Swagger UI shows them, to read and to try."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Page

DOCUMENTS = {
    "management": ("Management", "flyball-openapi", {}),
    "predictions": ("Predictions", "flyball-door", {"rest": "openapi.json"}),
}
"""By plane: what it is called, and the name of the address of its document."""


class Described(Page):
    """``GET /api/docs?plane=predictions``: the data plane's, else the management API."""

    template = "described.html"
    section = "flyball-api"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; its script asks for the document."""
        asked = request.GET.get("plane", "management")
        plane = asked if asked in DOCUMENTS else "management"
        _, name, values = DOCUMENTS[plane]
        context = {
            "title": "API",
            "planes": [(each, title, each == plane) for each, (title, _, _) in DOCUMENTS.items()],
            "document": reverse(name, kwargs=values),
            "takes_keys_alone": plane == "predictions",
        }
        return self.show(context)
