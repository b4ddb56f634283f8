"""The management API's OpenAPI document: complete, valid, true."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application

from flyball.api.described.schema import document
from flyball.control.registry.models import Version
from tests.described import faults

DOCUMENT: dict[str, Any] = json.loads(document())
EACH = 6


@pytest.mark.storage
@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_every_answer_is_one_that_the_document_describes(
    keys: dict[str, str], version: Version, role: str
) -> None:
    application = get_wsgi_application()

    def send(case: Any) -> Any:
        case.path_parameters = {**(case.path_parameters or {}), **_known(case)}
        return case.call(app=application, headers={"Authorization": f"Bearer {keys[role]}"})

    assert faults(DOCUMENT, send, EACH) == []


def _known(case: Any) -> dict[str, Any]:
    """Half of the time, something that is there."""
    sent = case.path_parameters or {}
    known = {"endpoint": "purchase", "number": 1, "digest": "latest"}
    return {name: value for name, value in known.items() if name in sent and len(str(sent)) % 2}
