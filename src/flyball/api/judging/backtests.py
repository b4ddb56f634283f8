"""Backtests of an endpoint: what a version would have answered over a past period."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flyball.api.described import documents
from flyball.api.described.operations import PAGED, described, listed
from flyball.api.view import ManagementView, actor, body, page
from flyball.control.backtests import selectors
from flyball.control.backtests.services import ask_backtest
from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import parse_timestamp

ASKED = Schema(
    (
        Field(name="version", kind=Kind.INTEGER),
        Field(name="from", kind=Kind.TIMESTAMP),
        Field(name="to", kind=Kind.TIMESTAMP, nullable=True),
        Field(name="although_learned", kind=Kind.BOOLEAN, nullable=True),
        Field(name="again", kind=Kind.BOOLEAN, nullable=True),
    )
)


class Backtests(ManagementView):
    """``GET`` and ``POST /api/endpoints/{endpoint}/backtests``."""

    roles = {"GET": "viewer", "POST": "owner"}

    @described(listed("backtests", documents.Backtest), query=PAGED)
    def get(self, request: Request, endpoint: str) -> Response:
        """A page of backtests, newest first, without their results."""
        every = selectors.backtests(self.endpoint(request, endpoint).name).defer("result")
        found = page(request, every, "id")
        return Response({"backtests": [selectors.summary(each) for each in found]})

    @described(documents.WholeBacktest, "retired", "unknown_version", takes=ASKED, status=(202,))
    def post(self, request: Request, endpoint: str) -> Response:
        """The backtest, which a job carries out: a new one, or the same one that waits or runs already."""
        name = self.endpoint(request, endpoint).name
        sent: dict[str, Any] = body(request, ASKED)
        made, _ = ask_backtest(
            endpoint=name,
            version=sent["version"],
            start=parse_timestamp(sent["from"]),
            end=_moment(sent["to"]),
            although_learned=bool(sent["although_learned"]),
            again=bool(sent["again"]),
            user=actor(request).user,
        )
        return Response(selectors.document(made), status=202)


class OneBacktest(ManagementView):
    """``GET /api/endpoints/{endpoint}/backtests/{number}``."""

    roles = {"GET": "viewer"}

    @described(documents.WholeBacktest)
    def get(self, request: Request, endpoint: str, number: int) -> Response:
        """One backtest with its result, ``null`` until there is one."""
        name = self.endpoint(request, endpoint).name
        return Response(selectors.document(selectors.backtest(name, number)))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_timestamp(text)
