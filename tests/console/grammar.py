"""Charts beside the grammar of Vega-Lite: its own schema, which comes with Altair."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import jsonschema_rs
from django.core.serializers.json import DjangoJSONEncoder

from flyball.console.frame.figures import Figure
from flyball.console.frame.look import for_paper


@cache
def _grammar() -> jsonschema_rs.Validator:
    # Altair's own classes look at a chart anew for each of its levels, which takes seconds of many charts.
    schema = files("altair").joinpath("vegalite/v6/schema/vega-lite-schema.json")
    return jsonschema_rs.validator_for(json.loads(schema.read_text(), object_hook=_with_addresses))


def _with_addresses(node: dict[str, Any]) -> dict[str, Any]:
    """Names of its definitions hold ``<``, which no address may."""
    address = node.get("$ref")
    return {**node, "$ref": quote(address, safe="#/")} if isinstance(address, str) else node


def check(figure: Figure) -> None:
    """Raises ``ValueError`` where a figure is no chart of Vega-Lite, or no JSON."""
    document = for_paper(figure.document, figure.title, "")
    _grammar().validate(json.loads(json.dumps(document, cls=DjangoJSONEncoder, allow_nan=False)))
