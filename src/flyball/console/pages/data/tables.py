"""Feature tables of an endpoint, and the fields of one entity that may be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from flyball.console.frame.page import Crumb, Page
from flyball.console.pages.endpoints import crumbs
from flyball.control.datasets import services, tables
from flyball.control.datasets.entities import Writable, writable_fields
from flyball.control.declarations import discovery
from flyball.control.routing import selectors as routing
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import InvalidInput, NotFound, Problem, UnknownEndpoint, UnknownEntity
from flyball.domain.schema import escape
from flyball.serving.forms import is_clean
from flyball.serving.http.problems import STATUS


class Tables(Page):
    """``GET /endpoints/{endpoint}/tables``."""

    template = "tables.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Every feature table as declared, and what servers look up."""
        found = self.endpoint(endpoint)
        declaration = _declaration(endpoint)
        route = routing.route(endpoint)
        context = {
            "title": f"Feature tables of {endpoint}",
            "endpoint": found,
            "tables": tables.standings(declaration),
            "lookups": () if route is None else route.lookups,
            "requested": declaration.request_columns(),
            "is_writable": any(table.writable for table in declaration.tables()),
            "may_write": self.may(found.team.slug, "member"),
        }
        return self.show(context, crumbs(endpoint))


class Entity(Page):
    """``GET`` and ``POST /endpoints/{endpoint}/entities?key=…``: a key may hold any sign."""

    template = "entity.html"
    roles = {"GET": "member", "POST": "member"}

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The fields of an entity that may be written, with their values."""
        self.endpoint(endpoint)
        declaration, key = _declaration(endpoint), request.GET.get("key", "")
        return self._page(endpoint, key, _fields(declaration, key) if key else [])

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Write those that were changed; what does not fit is said beside its field."""
        self.endpoint(endpoint)
        declaration, key = _declaration(endpoint), request.GET.get("key", "")
        if not key:
            problem = Problem("/key", "missing", "Say which entity is meant.")
            raise InvalidInput("The form does not fit.", problems=[problem])
        before = _fields(declaration, key)
        sent = {name: str(text).replace("\r\n", "\n") for name, text in request.POST.items()}
        typed = [each for each in before if sent.get(each.name, each.text) != each.text]
        wanted = {each.name: each.read(sent[each.name]) for each in typed}
        try:
            saved = services.update_entity(declaration=declaration, key=key, values=wanted)
        except InvalidInput as error:
            return self._page(endpoint, key, before, sent=sent, error=error)
        after = []
        with suppress(UnknownEntity):  # where the key itself was written
            after = _fields(declaration, key)
        changes = [(each, replace(each, value=saved[each.name])) for each in before if each.name in saved]
        return self._page(endpoint, key, after, changes=changes)

    def _page(
        self,
        endpoint: str,
        key: str,
        fields: list[Writable],
        *,
        changes: Sequence[tuple[Writable, Writable]] | None = None,
        sent: Mapping[str, str] = MappingProxyType({}),
        error: InvalidInput | None = None,
    ) -> HttpResponse:
        problems: Sequence[Problem] = () if error is None else error.problems
        context = {
            "title": f"Entity {key}" if key else f"An entity of {endpoint}",
            "endpoint": endpoint,
            "key": key,
            "rows": [_row(each, sent, problems) for each in fields],
            "general": [each.message for each in problems if not each.pointer],
            "error": error,
            "changes": changes,
        }
        return self.show(context, _crumbs(endpoint), 200 if error is None else STATUS[error.code])


def _row(field: Writable, sent: Mapping[str, str], problems: Sequence[Problem]) -> dict[str, Any]:
    """A field of the form, with what was typed into it and what is wrong with that."""
    return {
        "field": field,
        "text": sent.get(field.name, field.text),
        "problems": [each.message for each in problems if each.pointer == f"/{escape(field.name)}"],
    }


def _fields(declaration: type[Endpoint], key: str) -> list[Writable]:
    if not is_clean(key):
        raise UnknownEntity
    return writable_fields(declaration=declaration, key=key)


def _declaration(endpoint: str) -> type[Endpoint]:
    """The declaration of an endpoint that the reader sees. Raises ``NotFound``, which names no other one."""
    try:
        return discovery.find(endpoint)
    except UnknownEndpoint:
        raise NotFound(f"The code of this server declares no endpoint {endpoint} any more.") from None


def _crumbs(endpoint: str) -> list[Crumb]:
    return [*crumbs(endpoint), ("Feature tables", reverse("flyball-tables", args=[endpoint]))]
