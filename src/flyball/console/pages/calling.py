"""How an endpoint is called: commands that work as they stand, and the fields that they send."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from flyball.control.routing.foreseeing.changes import values_text
from flyball.domain.routing import Manifest, Route
from flyball.domain.schema import Kind
from flyball.domain.values import Scalar

EXAMPLE: dict[Kind, Scalar] = {
    Kind.INTEGER: 4711,
    Kind.NUMBER: 4711.0,
    Kind.BOOLEAN: True,
    Kind.TIMESTAMP: "2026-01-31T00:00:00+00:00",
}
"""A key of each kind: whose features are looked up is for the caller to say. Others are text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """One call of an endpoint, written for several tools. ``entity`` is made up, ``input`` a golden row's."""

    endpoint: str
    url: str
    input: dict[str, Any]
    entity: dict[str, Any]

    @property
    def body(self) -> str:
        """What is sent, as JSON."""
        return json.dumps(self._given, ensure_ascii=False)

    @property
    def curl(self) -> str:
        """A line for a shell; the key is in its environment."""
        address = shlex.quote(f"{self.url}/v1/endpoints/{self.endpoint}/predictions")
        return (
            f'curl {address} \\\n  -H "Authorization: Bearer $FLYBALL_KEY" \\\n'
            f"  -H 'Content-Type: application/json' \\\n  --data {shlex.quote(self.body)}"
        )

    @property
    def python(self) -> str:
        """The same by the Python client."""
        sent = "".join(f"        {name}={value!r},\n" for name, value in self._given.items())
        return (
            "import os\n\nfrom flyball.client import Client\n\n"
            f'with Client({self.url!r}, os.environ["FLYBALL_KEY"]) as client:\n'
            f"    answer = client.predict(\n        {self.endpoint!r},\n{sent}    )\n    print(answer)"
        )

    @property
    def shell(self) -> str:
        """The same by the command, without a server."""
        sent = [f"--{name} {shlex.quote(json.dumps(value))}" for name, value in self._given.items()]
        return " \\\n  ".join([f"flyball predict {self.endpoint}", *sent])

    @property
    def _given(self) -> dict[str, Any]:
        parts = {"entity": self.entity, "input": self.input}
        return {name: value for name, value in parts.items() if value}


def calling(request: HttpRequest, route: Route, champion: Manifest) -> dict[str, Any]:
    """The call that the champion takes, at this server's own address, and its fields as rows of a table."""
    sources = {field.source for field in champion.schema.fields}
    golden = champion.golden[0][0] if champion.golden else {}
    names = champion.schema.of("request").names
    return {
        "call": Calling(
            endpoint=route.endpoint,
            url=request.build_absolute_uri(reverse("flyball-home")).rstrip("/"),
            input={name: golden[name] for name in names if golden.get(name) is not None},
            entity={
                lookup.on: EXAMPLE.get(lookup.key_kind, "4711")
                for lookup in route.lookups
                if lookup.table in sources
            },
        ),
        "call_fields": [
            {
                "name": field.name,
                "kind": field.kind.value,
                "values": values_text(field),
                "source": field.source,
                "required": field.source == "request" and not field.nullable,
            }
            for field in champion.schema.fields
        ],
    }
