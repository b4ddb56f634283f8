"""The form of an endpoint: an entry for each field that its route takes, and for each key of an entity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from flyball.console.asking.languages import here
from flyball.console.asking.problems import at, number, sentence, span
from flyball.console.frame.tags import words
from flyball.domain.asking.words import said
from flyball.domain.errors import Problem
from flyball.domain.routing import Lookup, Manifest, Route
from flyball.domain.schema import Field, Kind, Schema, escape
from flyball.domain.values import Scalar, label_text
from flyball.serving.preparing import csv_rows

INPUT, ENTITY = "input", "entity"
DIGITS = 15
"""Of a number that was asked with: all that are the same for everybody who writes it."""
MOST_CHOICES = 200
"""Of more categories, a text is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the form. ``part`` is ``input`` or ``entity``; ``choices`` are texts and their names.

    ``text`` is what stands in it; ``problems`` say what is wrong with that, ``remarks`` what is odd.
    """

    part: str
    field: Field
    label: str
    help: str = ""
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    text: str = ""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How the form and its address call it."""
        return f"{self.part}.{self.field.name}"

    @property
    def pointer(self) -> str:
        """Its place in a request."""
        return f"/{self.part}/{escape(self.field.name)}"

    @property
    def control(self) -> str:
        """What it is written with: ``choice``, ``truth``, ``number``, ``moment`` or ``text``."""
        if self.choices:
            return "choice"
        kinds = {Kind.BOOLEAN: "truth", Kind.NUMBER: "number", Kind.INTEGER: "number"}
        return {**kinds, Kind.TIMESTAMP: "moment"}.get(self.field.kind, "text")

    @property
    def shown(self) -> str:
        """What stands in it as people call it."""
        truths = {"true": gettext("yes"), "false": gettext("no")} if self.control == "truth" else {}
        return truths.get(self.text) or dict(self.choices).get(self.text, self.text)

    def says(self, value: Scalar) -> str:
        """A value of the field as people read it, with its unit; empty for none."""
        if self.field.kind in {Kind.NUMBER, Kind.INTEGER} and isinstance(value, int | float):
            text = number(value, DIGITS)
        else:
            text = replace(self, text=text_of(value)).shown
        return f"{text} {self.unit}".strip() if text else ""

    @property
    def step(self) -> str:
        """What lies between two numbers."""
        return "1" if self.field.kind is Kind.INTEGER else "any"

    @property
    def is_needed(self) -> bool:
        """Whether it cannot be left empty."""
        return not self.field.nullable

    @property
    def is_strange(self) -> bool:
        """Whether what stands in it is none of the choices."""
        return bool(self.text) and self.text not in dict(self.choices)

    @property
    def seen(self) -> str:
        """What range of numbers the model has seen; empty where none is known."""
        is_number = self.field.kind in {Kind.NUMBER, Kind.INTEGER}
        if not is_number or (self.field.low is None and self.field.high is None):
            return ""
        return gettext("Seen: %(range)s.") % {"range": span(self.field)}

    @property
    def is_varied(self) -> bool:
        """Whether a curve over it can be drawn."""
        is_bounded = self.field.low is not None and self.field.high is not None
        is_number = self.field.kind in {Kind.NUMBER, Kind.INTEGER}
        has_values = bool(self.choices) or self.field.kind is Kind.BOOLEAN
        return self.part == INPUT and (has_values or (is_number and is_bounded))


Values = tuple[dict[str, Any], dict[str, Any]]
"""An entity and an input."""


@dataclass(frozen=True, slots=True)
class Form:
    """All entries, with what is known of their route."""

    entries: tuple[Entry, ...]
    lookups: tuple[Lookup, ...]

    @property
    def fields(self) -> tuple[Entry, ...]:
        """What comes with the question."""
        return tuple(each for each in self.entries if each.part == INPUT)

    @property
    def keys(self) -> tuple[Entry, ...]:
        """What names an entity, whose features are looked up."""
        return tuple(each for each in self.entries if each.part == ENTITY)

    @property
    def schema(self) -> Schema:
        """The fields that come with the question."""
        return Schema(tuple(each.field for each in self.fields))

    def filled(self, sent: Mapping[str, Any]) -> Form:
        """The same with what was sent."""
        texts = {name: str(text).replace("\r\n", "\n") for name, text in sent.items()}
        return self._each(lambda entry: replace(entry, text=texts.get(entry.name, "").strip()))

    def begun(self, defaults: Mapping[str, str]) -> Form:
        """The same with a text for some of the fields, by their names."""
        return self._each(lambda entry: replace(entry, text=defaults.get(entry.field.name, entry.text)))

    def told(self, problems: Sequence[Problem], remarks: Sequence[Problem] = ()) -> Form:
        """The same with what is wrong and what is odd, each beside its entry."""
        return self._each(
            lambda entry: replace(
                entry,
                problems=_sentences(at(problems, entry.pointer), entry.field),
                remarks=_sentences(at(remarks, entry.pointer), entry.field),
            )
        )

    def others(self, problems: Iterable[Problem]) -> list[str]:
        """What is wrong with no entry of the form."""
        known = {each.pointer for each in self.entries}
        return list(dict.fromkeys(sentence(each, None) for each in problems if each.pointer not in known))

    @property
    def lacking(self) -> list[Entry]:
        """Entries that cannot be left empty, and are."""
        return [each for each in self.entries if each.is_needed and not each.text]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sent."""
        return not any(each.text for each in self.entries)

    @property
    def query(self) -> str:
        """What was sent, as the query of an address."""
        return urlencode([(each.name, each.text) for each in self.entries if each.text])

    def of(self, entity: Mapping[str, Scalar], values: Mapping[str, Scalar]) -> Form:
        """The same with what a prediction was asked with."""
        every = {INPUT: values, ENTITY: entity}
        return self._each(lambda entry: replace(entry, text=text_of(every[entry.part].get(entry.field.name))))

    def is_same(self, other: Form) -> bool:
        """Whether it asks the same as another one, however its values are spelled."""
        return self.values() == other.values()

    def values(self) -> Values:
        """The entity and the input as they are asked with; what stays text is refused later."""
        return self.reading()({each.name: each.text for each in self.entries})

    def reading(self) -> Callable[[Mapping[str, str]], Values]:
        """What makes an entity and an input of texts by the names of entries: made once for many rows."""
        readers, lookups = csv_rows.readers(self.schema), self.lookups
        fields = [(each.field.name, each.name) for each in self.fields]
        keys = [(each.field.name, each.name) for each in self.keys]

        def read(texts: Mapping[str, str]) -> Values:
            sent = {field: texts.get(name) or None for field, name in fields}
            named = {field: texts.get(name) or None for field, name in keys}
            return csv_rows.keys(lookups, named), csv_rows.typed(readers, sent)

        return read

    def _each(self, change: Any) -> Form:
        return replace(self, entries=tuple(change(each) for each in self.entries))


def form_of(route: Route, manifests: Mapping[int, Manifest]) -> Form:
    """The form of a route, in the language of the page; defaults that are declared stand in it."""
    schemas = [manifests[number].schema for number in _asked(route)]
    sources = {field.source for schema in schemas for field in schema.fields}
    lookups = tuple(each for each in route.lookups if each.table in sources)
    keys = {each.on: Field(name=each.on, kind=each.key_kind) for each in lookups}
    fields = [_entry(route, each) for each in _request_fields(schemas)]
    named = [Entry(part=ENTITY, field=each, label=words(each.name)) for each in keys.values()]
    return Form((*named, *fields), lookups)


def _asked(route: Route) -> list[int]:
    """The versions that may get a question: the champion's first, then those of a test."""
    tested = [arm.version for arm in route.answering if route.test is not None and arm.name != "fallback"]
    return list(dict.fromkeys([route.champion.version, *tested]))


def _request_fields(schemas: Iterable[Schema]) -> list[Field]:
    """Every field that comes with a question; one that any version needs is needed."""
    merged: dict[str, Field] = {}
    for field in (each for schema in schemas for each in schema.of("request").fields):
        known = merged.setdefault(field.name, field)
        merged[field.name] = replace(known, nullable=known.nullable and field.nullable)
    return list(merged.values())


def _entry(route: Route, field: Field) -> Entry:
    language, told = here(), route.asking.words(field.name)
    return Entry(
        part=INPUT,
        field=field,
        label=said(told.label, language) or words(field.name.replace("-", " ")),
        help=said(told.help, language),
        unit=said(told.unit, language),
        choices=_choices(field),
        text=text_of(told.default),
    )


def _choices(field: Field) -> tuple[tuple[str, str], ...]:
    if field.kind is not Kind.CATEGORY or len(field.categories) > MOST_CHOICES:
        return ()
    texts = [label_text(each) for each in field.categories]
    called = dict(zip(texts, field.labels, strict=False))
    return tuple((text, called.get(text, text)) for text in texts)


def text_of(value: Scalar) -> str:
    """A value as it stands in the form."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return label_text(value)


def _sentences(problems: Iterable[Problem], field: Field) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence(each, field) for each in problems))
