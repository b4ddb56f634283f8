"""Query strings and headers, read like the fields of a body: every problem is noted with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from flyball.domain.errors import Problem
from flyball.domain.records import LONGEST_ENTITY
from flyball.serving.forms import Form, is_clean

MOST_PARAMETERS = 32
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Query(Form):
    """The parameters of a query string. A problem's pointer is ``?`` and the parameter's name.

    ``names`` are the parameters there are; of them, only those in ``repeated`` may stand more than once.
    """

    def __init__(
        self,
        text: str,
        problems: list[Problem],
        names: Iterable[str] = (),
        repeated: frozenset[str] = frozenset(),
    ) -> None:
        pairs = _pairs(text)
        super().__init__(dict(pairs or ()), "", problems, frozenset(names))
        self._pairs = pairs or []
        if pairs is None:
            self.note("", "wrong_type", "Expected a query string of at most 32 parameters, in UTF-8.")
        given = [name for name, _ in self._pairs]
        for name in sorted({name for name in given if given.count(name) > 1} - repeated):
            self.note(name, "conflicting", "Expected once.")

    def place(self, name: str) -> str:
        """``?`` and the parameter's name."""
        return f"?{name}"

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A parameter that is a whole number from ``low`` to ``high``."""
        text = self.values.get(name)
        if text is None:
            return None
        if re.fullmatch(r"[0-9]{1,18}", text) and low <= int(text) <= high:
            return int(text)
        self.note(name, "wrong_type", f"Expected a whole number from {low} to {high}.")
        return None

    def entities(self) -> dict[str, str]:
        """``entity=column:value``, once for each column of the entity."""
        values: dict[str, str] = {}
        for name, text in self._pairs:
            column, colon, value = text.partition(":")
            if name != "entity":
                continue
            if not (column and colon and is_clean(text) and len(text) <= LONGEST_ENTITY):
                self.note(name, "wrong_type", "Expected column:value.")
            values[column] = value
        return values


def idempotency_key(headers: Mapping[str, str], problems: list[Problem]) -> str | None:
    """The ``Idempotency-Key``: 1 to 255 visible ASCII characters."""
    key = headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        message = "Expected 1 to 255 visible ASCII characters."
        problems.append(Problem("Idempotency-Key", "wrong_type", message))
    return key


def _pairs(text: str) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return None
