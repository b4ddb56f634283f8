"""What can be seen wrong in what a declaration says to people who ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flyball.domain.asking.words import OPEN_TO, Ask

TEXT = 'Use a text, or one for each language: {"en": "Age", "de": "Alter"}.'


Wrong = tuple[str, str, str, str]
"""What a ``Fault`` of a declaration is made of."""


def wrong_words(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with ``ask``, and with the words of fields and of the outcome."""
    if endpoint.ask is not None:
        yield from _page(endpoint.ask)
    for name, field in endpoint.fields.items() if isinstance(endpoint.fields, Mapping) else ():
        for word in ("label", "help", "unit"):
            if not _is_text(getattr(field, word, "")):
                yield ("E014", "fields", f"gives {name!r} a {word} that is no text", TEXT)
        if not isinstance(getattr(field, "default", None), str | int | float | None):
            yield ("E014", "fields", f"gives {name!r} a default that no field can have", "Use a value.")
    if endpoint.outcome is not None:
        yield from _outcome(endpoint.outcome)


def _page(page: Any) -> Iterator[Wrong]:
    if not isinstance(page, Ask):
        yield ("E036", "ask", "is not an Ask", 'Use Ask(question="Will it be repaid?").')
        return
    if not _is_text(page.question):
        yield ("E036", "ask", "has a question that is no text", TEXT)
    if page.open_to not in OPEN_TO:
        yield ("E036", "ask", "is open to nobody that is known", f"Use one of {', '.join(OPEN_TO)}.")
    if not isinstance(page.per_minute, int) or isinstance(page.per_minute, bool) or page.per_minute < 1:
        yield ("E036", "ask", "has a per_minute that is no count", "Use a whole number: per_minute=60.")


def _outcome(outcome: Any) -> Iterator[Wrong]:
    for word in ("label", "unit"):
        if not _is_text(getattr(outcome, word, "")):
            yield ("E036", "outcome", f"has a {word} that is no text", TEXT)
    labels = getattr(outcome, "labels", {})
    if not isinstance(labels, Mapping) or not all(_is_text(each) for each in labels.values()):
        hint = 'Say what people call each label: labels={"yes": "will buy"}.'
        yield ("E036", "outcome", "has labels that are no texts by label", hint)


def _is_text(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(each, str) for pair in value.items() for each in pair)
    # Django's lazy translations are texts too, and no str.
    return isinstance(value, str) or hasattr(value, "_proxy____args")
