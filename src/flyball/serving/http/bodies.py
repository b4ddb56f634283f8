"""Bodies that ask for predictions: one typed pass where all is well, else every error with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from flyball.domain.errors import Problem
from flyball.domain.schema import MOST, Kind
from flyball.domain.values import Scalar
from flyball.serving.calls import Row
from flyball.serving.http import wire
from flyball.serving.http.forms import LONGEST_REFERENCE, Form

MOST_ROWS = 1000
"""Rows of one request: all of them wait in memory, and are committed together."""
MOST_FIELDS = 10_000
"""Fields of one row's input."""
FEW = 8
"""So many fields of an entity cannot be too long together, if their texts are short."""

ONE = frozenset({"entity", "input", "reference"})
BODY = ONE | {"rows", "version"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A body as it was read. Where there are ``problems``, ``rows`` are those that could be read."""

    rows: tuple[Row, ...]
    version: int | None = None
    is_many: bool = False
    problems: tuple[Problem, ...] = ()


class _Sent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    entity: dict[str, bool | int | str] | None = None
    input: dict[str, Scalar] | None = None
    reference: str | None = None


class _Body(_Sent, forbid_unknown_fields=True, gc=False):
    rows: list[_Sent] | None = None
    version: Annotated[int, msgspec.Meta(ge=-MOST - 1, le=MOST)] | None = None


_DECODER = msgspec.json.Decoder(_Body)


def read(body: bytes) -> Asked:
    """What a body asks for. Raises ``MalformedBody``; other problems come with the answer."""
    return fast(body) or slow(body)


def fast(body: bytes) -> Asked | None:
    """The body in one typed pass; ``None`` where it needs a closer look, for whatever reason."""
    try:
        sent = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    rows = [sent] if sent.rows is None else sent.rows
    keys = sum(map(_keys, rows)) + (sent.version is not None)
    if sent.rows is not None:
        keys += 1 + _keys(sent)
    # As many colons as keys: no key stands twice (only its last value is kept here). Else it may be so.
    if body.count(b":") != keys or not all(map(_is_plain, rows)):
        return None
    if sent.rows is not None and (_keys(sent) or not 1 <= len(rows) <= MOST_ROWS):
        return None
    if any(len(row.input or ()) > MOST_FIELDS for row in rows):
        return None
    return Asked(
        rows=tuple(_row(row, "" if sent.rows is None else f"/rows/{i}") for i, row in enumerate(rows)),
        version=sent.version,
        is_many=sent.rows is not None,
    )


def slow(body: bytes) -> Asked:
    """The same, field by field, with every problem and its place."""
    problems: list[Problem] = []
    form = Form(wire.parse(body), "", problems, BODY)
    version: int | None = form.scalar("version", Kind.INTEGER)
    is_many = "rows" in form
    rows = _rows(form) if is_many else [read_row(form)]
    return Asked(rows=tuple(rows), version=version, is_many=is_many, problems=tuple(problems))


def read_row(form: Form) -> Row:
    """One row from the form of its object; its problems are noted there."""
    values = form.fields("input")
    if len(values) > MOST_FIELDS:
        form.note("input", "too_many", f"Expected at most {MOST_FIELDS} fields.")
        values = {}
    return Row(entity=form.entity(), input=values, reference=form.reference(), pointer=form.pointer)


def _rows(form: Form) -> list[Row]:
    for name in sorted(ONE):
        if name in form:
            form.note(name, "conflicting", "Where there are rows, this belongs into each of them.")
    sent = form.items("rows")
    if sent == []:
        form.note("rows", "missing", "At least one row is needed.")
    if sent and len(sent) > MOST_ROWS:
        form.note("rows", "too_many", f"Expected at most {MOST_ROWS} rows.")
        return []
    return [
        read_row(Form(one, f"{form.place('rows')}/{position}", form.problems, ONE))
        for position, one in enumerate(sent or ())
    ]


def _keys(sent: _Sent) -> int:
    named = (sent.entity is not None) + (sent.input is not None) + (sent.reference is not None)
    return named + len(sent.entity or ()) + len(sent.input or ())


def _is_plain(sent: _Sent) -> bool:
    """Whether entity and reference need no closer look: short, and ASCII without NUL."""
    entity = sent.entity or {}
    texts = [sent.reference or "", *entity]
    for value in entity.values():
        if isinstance(value, str):
            texts.append(value)
        elif not -MOST - 1 <= value <= MOST:
            return False
    together = "".join(texts)
    is_short = len(together) <= LONGEST_REFERENCE and len(entity) <= FEW and sent.reference != ""
    return is_short and together.isascii() and "\x00" not in together


def _row(sent: _Sent, pointer: str) -> Row:
    return Row(
        entity=dict(sent.entity or {}),
        input=dict(sent.input or {}),
        reference=sent.reference,
        pointer=pointer,
    )
