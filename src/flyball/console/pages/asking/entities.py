"""``/ask/{endpoint}/entities``: entities found by what somebody writes, for members."""

from __future__ import annotations

import re
from contextlib import suppress

from django.http import HttpRequest, HttpResponse

from flyball.console.asking.form import ENTITY
from flyball.console.frame.page import is_text, render
from flyball.console.pages.asking.page import AskPage
from flyball.control.datasets.lookups.finding import find
from flyball.control.declarations import discovery
from flyball.domain.errors import Forbidden, UnknownEndpoint

LONGEST = 100
"""Characters that are looked for."""


class FindEntity(AskPage):
    """``GET ?on=customer_id&entity.customer_id=47``: keys for the form, each with what its row says.

    A caller reads nothing of anybody: this is for members, who may look at entities.
    """

    roles = {"GET": "member"}

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """What a browser offers below the field. Raises ``Forbidden``."""
        found = self.endpoint(endpoint)
        if not self.may(found.team.slug, "member"):
            raise Forbidden("This needs the role member.")
        on, place = request.GET.get("on", ""), request.GET.get("as", "")
        text = request.GET.get(f"{ENTITY}.{on}", "").strip()[:LONGEST]
        entities: list[tuple[str, str]] = []
        if is_text(text) and is_text(on):
            with suppress(UnknownEndpoint):  # the code of this server declares it no more
                entities = find(declaration=discovery.find(endpoint), on=on, text=text)
        context = {"entities": entities, "place": place if re.fullmatch(r"found-\d{1,4}", place) else "found"}
        return render(request, "asking/entities.html", context)
