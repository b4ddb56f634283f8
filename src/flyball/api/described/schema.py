"""The OpenAPI document of the management API: made once, out of its paths and what its methods say."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

import msgspec
from django.conf import settings
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings

from flyball.api.described import abtests, inside
from flyball.api.described.documents import DOCUMENTS
from flyball.api.described.operations import OPERATIONS, Operation
from flyball.serving.http.described import shapes

EVERY = ("unauthenticated", "forbidden", "not_found", "too_many_tries", "internal", "overloaded")
"""Codes with which every operation may fail."""
ABOUT = (
    "Everything that is not a prediction: endpoints, versions, builds, snapshots, promotion, keys. "
    "Ask with a key, which stands for one team, or signed in, which stands for every team of a person; "
    "then what changes something needs the header `X-CSRFToken` too."
)
NUMBER = {"type": "integer", "minimum": 0}


class Enumerator(EndpointEnumerator):
    """The views of the management API, which no document of a guest's lists."""

    def should_include_endpoint(self, path: str, callback: Any) -> bool:
        """Every view but the one of unknown paths, which has no methods."""
        return bool(path)


class Described(AutoSchema):
    """Reads what is said beside a method."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any]:
        """One operation. Raises ``KeyError`` where nothing is said of it."""
        view: Any = self.view
        function = getattr(type(view), method.lower())
        said = OPERATIONS[function]
        summary, _, more = (function.__doc__ or "").partition("\n")
        role = view.roles[method]
        codes = [*EVERY, *said.fails, *(["unknown_endpoint"] if "{endpoint}" in path else [])]
        operation: dict[str, Any] = {
            "operationId": _name(view, method),
            # What is read in a browser is no docstring: a summary is plain text, a description Markdown.
            "summary": summary.partition(" Raises ")[0].replace("``", ""),
            "description": f"{' '.join(more.split())}\n\nRole: {role}.".strip().replace("``", "`"),
            "tags": [type(view).__module__.rpartition(".")[2]],
            "parameters": _parameters(path_regex, said),
            "security": [{"key": []}, {"session": []}],
            "responses": {**_answers(said), **shapes.failures(codes)},
        }
        if said.takes is not None:
            is_needed = bool(said.takes.get("required"))
            operation["requestBody"] = {"content": shapes.content(said.takes), "required": is_needed}
        return operation


class Generator(SchemaGenerator):
    """Gives each view what describes it: a guest's own settings name another class for that."""

    endpoint_inspector_cls = Enumerator

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        """The view, and what describes it."""
        view: Any = super().create_view(callback, method, request)  # type: ignore[no-untyped-call]  # theirs
        view.schema = Described()
        view.schema.view = view
        return view


_lock = threading.Lock()


def document() -> bytes:
    """The document as JSON: the same for everybody, wherever a project has put Flyball."""
    with _lock:  # spectacular's settings are one object for all threads
        return _document()


@cache
def _document() -> bytes:
    with patched_settings(_settings()):
        generator: Any = Generator
        made = generator(urlconf="flyball.api.urls").get_schema(request=None, public=True)
    return msgspec.json.encode(made)


def _settings() -> dict[str, Any]:
    session = {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
    schemas = shapes.components([*DOCUMENTS, *abtests.DOCUMENTS, *inside.DOCUMENTS, shapes.Problem])
    return {
        "TITLE": "Flyball: the management API",
        "DESCRIPTION": ABOUT,
        "VERSION": "1",
        "OAS_VERSION": shapes.OPENAPI,
        "SERVERS": [{"url": ".."}],  # of the document's own address
        "APPEND_COMPONENTS": {
            "schemas": schemas,
            "securitySchemes": {"key": shapes.KEY, "session": session},
        },
        "SCHEMA_PATH_PREFIX_INSERT": "/api",
        "SCHEMA_PATH_PREFIX": "/",
        "SCHEMA_PATH_PREFIX_TRIM": False,
        "PREPROCESSING_HOOKS": [],
        "POSTPROCESSING_HOOKS": [],
        "CAMELIZE_NAMES": False,
        "SORT_OPERATIONS": False,
        "TAGS": [],
        "WEBHOOKS": [],
        "EXTENSIONS_ROOT": {},
        "EXTENSIONS_INFO": {},
        "TOS": None,
        "CONTACT": {},
        "LICENSE": {},
        "EXTERNAL_DOCS": {},
    }


def _name(view: Any, method: str) -> str:
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", type(view).__name__).lower()
    return name if view.roles.keys() == {"POST"} else f"{method.lower()}_{name}"


def _parameters(path_regex: str, said: Operation) -> list[dict[str, Any]]:
    in_path = [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": NUMBER if kind == "int" else {"type": "string", "minLength": 1},
        }
        for kind, name in re.findall(r"<(\w+):(\w+)>", path_regex)
    ]
    in_query = [
        {
            "in": "query",
            "name": name,
            "required": bool(schema.get("required")),
            "schema": {key: value for key, value in schema.items() if key != "required"},
        }
        for name, schema in said.query.items()
    ]
    return in_path + in_query


def _answers(said: Operation) -> dict[str, Any]:
    answers = {}
    for status, schema in said.gives.items():
        answer: dict[str, Any] = {"description": "Done."}
        if schema is not None:
            answer["content"] = shapes.content(schema, said.file or "application/json")
        answers[str(status)] = answer
    return answers
