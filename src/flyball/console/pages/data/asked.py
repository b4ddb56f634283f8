"""What predictions are looked for by: the search form and its address, read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest

from flyball.console.frame.page import is_text
from flyball.control.monitoring.recorded import Search
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.records import entity_key
from flyball.serving.forms import read_id

TEXTS = ("id", "reference", "entity", "endpoint", "test", "version", "label", "decision", "since", "until")
"""What can be looked for, as the form and the address name it."""


def asked_for(request: HttpRequest) -> dict[str, str]:
    """What the form or the address asks for, without what is empty. Raises ``InvalidInput``."""
    given = {name: request.GET.get(name, "").strip() for name in TEXTS}
    asked = {name: text for name, text in given.items() if text}
    for name, text in asked.items():
        if not is_text(text):
            raise refused(name, "Expected a text without the character NUL.")
    return asked


def search_for(asked: Mapping[str, str], endpoints: list[str], before: str | None) -> Search:
    """The search that was asked for, among these endpoints. Raises ``InvalidInput``."""
    if "id" in asked:
        raise refused("id", "Expected a prediction's id, such as 019a0000-0000-7000-8000-000000000000.")
    return Search(
        endpoints=endpoints,
        reference=asked.get("reference"),
        entity_key=_entity(asked.get("entity")),
        test=_test(asked),
        version=_version(asked.get("version")),
        label=asked.get("label"),
        decision=asked.get("decision"),
        since=_moment("since", asked.get("since")),
        until=_moment("until", asked.get("until")),
        before=_before(before),
    )


def refused(name: str, message: str) -> InvalidInput:
    """A search that does not fit: what of it, and what was expected."""
    return InvalidInput(
        f"The search does not fit: {name}. {message}", problems=[Problem(f"?{name}", "wrong_type", message)]
    )


def _entity(text: str | None) -> str | None:
    if text is None:
        return None
    pairs = [each.partition("=") for each in text.split("&")]
    if not all(name.strip() and sign for name, sign, _ in pairs):
        raise refused("entity", "Expected NAME=VALUE, such as customer_id=4711; several with & between them.")
    return entity_key({name.strip(): value.strip() for name, _, value in pairs})


def _test(asked: Mapping[str, str]) -> int | None:
    text = asked.get("test")
    if text is None:
        return None
    if not _is_number(text):
        raise refused("test", "Expected the number of an A/B test, such as 3.")
    if "endpoint" not in asked:
        raise refused("endpoint", "Each endpoint has a test of this number: name one.")
    return int(text)


def _version(text: str | None) -> int | None:
    if text is None:
        return None
    number = text.removeprefix("@")
    if not _is_number(number):
        raise refused("version", "Expected the number of a version, such as 3.")
    return int(number)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refused(name, "Expected a moment, such as 2026-11-29T14:00.") from None


def _before(text: str | None) -> UUID | None:
    if text is None:
        return None
    found = read_id(text)
    if found is None:
        raise refused("before", "Expected an id.")
    return found
