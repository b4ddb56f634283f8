"""Model fields whose values stand for something: choices with their labels, and keys of other models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from flyball.domain.errors import DataError
from flyball.domain.values import Scalar
from flyball.snapshots.source import Enumeration

LABELLED = 100
"""Foreign keys with more different values have no labels: a schema may not copy the other table."""

NAMED: tuple[type[models.Field[Any, Any]], ...] = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
)
"""Fields whose choices are categories; of numbers and dates they are numbers and dates all the same."""


class Observed:
    """Gathers, page by page, the foreign keys that a model's rows hold, and names the values at the end."""

    def __init__(self, model: type[models.Model], names: Sequence[str], features: Sequence[str]) -> None:
        self.choices: dict[str, Enumeration] = {}
        self.keys: dict[str, tuple[int, models.ForeignKey[Any, Any], set[Any]]] = {}
        for place, name in enumerate(names):
            field = last(model, name) if name in features else None
            if isinstance(field, models.ForeignKey):
                self.keys[name] = (place, field, set())
            elif isinstance(field, NAMED) and field.choices:
                labels = dict(_flat(field))
                self.choices[name] = Enumeration(labels=labels, declared=True)

    def add(self, page: Sequence[Sequence[Any]]) -> None:
        """The next rows."""
        for place, _, seen in self.keys.values():
            seen.update(row[place] for row in page)

    def enumerations(self) -> dict[str, Enumeration]:
        """What is known of each column that holds named values."""
        keys = {
            name: Enumeration(labels=_named(field, seen), declared=False)
            for name, (_, field, seen) in self.keys.items()
        }
        return self.choices | keys


def last(model: type[models.Model], name: str) -> Any:
    """The field that the last part of a lookup names; a foreign key where that is one."""
    field: Any = None
    for part in name.split("__"):
        field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        model = field.related_model or model
    return field


def _flat(field: models.Field[Any, Any]) -> Iterator[tuple[Scalar, str]]:
    """Pairs of value and label, without the empty choice that forms show."""
    for value, label in field.flatchoices:
        if value not in {None, ""}:
            yield field.to_python(value), str(label)


def _named(field: models.ForeignKey[Any, Any], seen: set[Any]) -> dict[Scalar, str]:
    keys = seen - {None}
    if len(keys) > LABELLED:
        return {}
    target = field.target_field.attname
    found = field.related_model._base_manager.filter(**{f"{target}__in": keys})
    return {_key(getattr(each, target)): _name(each) for each in found}


def _name(row: models.Model) -> str:
    try:
        return str(row)
    except Exception as error:
        # Any: it is the user's code. Without its message, which may hold what the row says.
        place = f"{type(row).__name__}.__str__"
        raise DataError(
            f"{place} fails with a {type(error).__name__}: it names the keys of a foreign key. Correct it, "
            "or leave the column out with columns=."
        ) from error


def _key(value: Any) -> Scalar:
    """A key as it stands in the snapshot."""
    key: Scalar = str(value) if isinstance(value, UUID) else value
    return key
