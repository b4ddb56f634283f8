"""What people who ask read: names, help and units, in their languages; and who may ask without an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flyball.domain.values import Scalar, canonical, label_text

Text = str | Mapping[str, str]
"""A text in one language; or in several, by their codes: ``{"en": "Age", "de": "Alter"}``."""
Texts = tuple[tuple[str, str], ...]
"""A text as it is published: pairs of a language's code ("" for any) and the text in it."""
OPEN_TO = ("members", "links", "everybody")
"""Who may ask: members of the team alone; also whoever an owner has made a link for; also everybody else."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The page on which people ask.

    ``question`` is its heading (the first line of the class's docstring, where it is left out); ``open_to``
    says who besides members of the team may ask: those who see a page that embeds a ``"links"``' link, or
    ``"everybody"``. ``per_minute`` bounds what they ask together.
    """

    question: Text = ""
    open_to: str = "members"
    per_minute: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What people are told of one field: ``default`` stands in the form before they write anything."""

    name: str
    label: Texts = ()
    help: Texts = ()
    unit: Texts = ()
    default: Scalar = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The page as it is published with a route: servers never read the classes.

    ``outcome`` are the words for what is predicted, and ``labels`` for each of a classification's labels, by
    its text; ``fields`` those of the fields that have some.
    """

    question: Texts = ()
    outcome: Words = field(default_factory=lambda: Words(name=""))
    labels: tuple[tuple[str, Texts], ...] = ()
    fields: tuple[Words, ...] = ()
    open_to: str = "members"
    per_minute: int = 60

    def words(self, name: str) -> Words:
        """Those of a field."""
        return next((each for each in self.fields if each.name == name), Words(name=name))

    def label(self, label: str, language: str) -> str:
        """What people call one of the labels."""
        return said(dict(self.labels).get(label, ()), language) or label


def texts(text: Text) -> Texts:
    """A text as it is published; an empty one is none. Texts that are translated late are written out."""
    if isinstance(text, Mapping):
        return tuple((str(code), str(each)) for code, each in text.items() if str(each))
    return (("", str(text)),) if str(text) else ()


def said(written: Texts, language: str) -> str:
    """The text in a language (``de``, ``de-at``); else the one for any, else the first; empty without one."""
    known = dict(written)
    wanted = (language, language.partition("-")[0], "", "en")
    found = next((known[code] for code in wanted if code in known), None)
    return found if found is not None else next(iter(known.values()), "")


def published(declaration: Any) -> Asking:
    """What an ``Endpoint`` says to people, for its route."""
    outcome, ask = declaration.outcome, declaration.ask or Ask()
    return Asking(
        question=texts(ask.question or declaration.description().partition("\n")[0]),
        outcome=Words(name="") if outcome is None else _of_outcome(outcome),
        labels=() if outcome is None else tuple(_labels(outcome.labels)),
        fields=tuple(each for each in _fields(declaration.fields) if each != Words(name=each.name)),
        open_to=ask.open_to,
        per_minute=ask.per_minute,
    )


def _of_outcome(outcome: Any) -> Words:
    return Words(name=outcome.column, label=texts(outcome.label), unit=texts(outcome.unit))


def _labels(labels: Mapping[Any, Text]) -> Iterator[tuple[str, Texts]]:
    return ((label_text(label), texts(text)) for label, text in labels.items())


def _fields(fields: Mapping[str, Any]) -> Iterator[Words]:
    for name, each in fields.items():
        words = {word: texts(getattr(each, word)) for word in ("label", "help", "unit")}
        yield Words(name=name, default=canonical(each.default), **words)
