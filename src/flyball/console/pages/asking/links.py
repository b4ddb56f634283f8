"""``/ask/{endpoint}/links``: pages for people without an account, made and taken back by owners."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import to
from flyball.console.pages.asking.page import AskPage, Subject
from flyball.control.asking import public
from flyball.control.asking.models import AskLink
from flyball.domain.errors import Conflict, Forbidden

SHOWN = 100


class _Owned(AskPage):
    def owned(self, endpoint: str) -> Subject:
        """The endpoint, for an owner. Raises ``Forbidden`` besides."""
        if not self.may(self.endpoint(endpoint).team.slug, "owner"):
            raise Forbidden("This needs the role owner.")
        return self.subject(endpoint)

    @staticmethod
    def is_open(subject: Subject) -> bool:
        """Whether the declaration lets people without an account ask, and nobody is looked up for it."""
        return subject.route.asking.open_to != "members" and not subject.form.keys


class Links(_Owned):
    """``GET`` lists the links of an endpoint, ``POST`` makes one."""

    template = "asking/links.html"
    roles = {"GET": "owner", "POST": "owner"}
    sensitive = ("GET", "POST")

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The links, and the form for another one."""
        subject = self.owned(endpoint)
        context = {
            "title": subject.title,
            "name": endpoint,
            "is_open": self.is_open(subject),
            "has_keys": bool(subject.form.keys),
            "links": [self._row(each) for each in public.links(endpoint)[:SHOWN]],
        }
        return self.show(context)

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A new link. Raises as ``make_link``, and ``Conflict`` where the declaration opens it to nobody."""
        subject = self.owned(endpoint)
        if not self.is_open(subject):
            raise Conflict('The declaration does not say so: ask = Ask(open_to="links"), then flyball apply.')
        origins = request.POST.get("origins", "").split()
        public.make_link(endpoint=subject.endpoint, origins=origins, user=request.user)
        return to("flyball-ask-links", endpoint=endpoint)

    def _row(self, link: AskLink) -> dict[str, Any]:
        address = reverse("flyball-asked", args=[public.text_of(link)])
        return {"link": link, "address": self.request.build_absolute_uri(address)}


class RevokeLink(_Owned):
    """``POST /ask/{endpoint}/links/{number}/revoke``."""

    roles = {"POST": "owner"}

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Take it back. Raises ``NotFound``."""
        self.owned(endpoint)
        public.revoke_link(endpoint=endpoint, number=number, user=request.user)
        return to("flyball-ask-links", endpoint=endpoint)
