"""Bodies that ask for predictions: one typed pass where all is well, else every error with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from flyball.domain.errors import Problem
from flyball.domain.schema import MOST, Kind
from flyball.domain.values import Scalar
from flyball.serving.calls import Row
from flyball.serving.forms import LONGEST_REFERENCE, MOST_FIELDS, ROW, Form
from flyball.serving.http import wire
from flyball.typed import known

MOST_ROWS = 1000
"""Rows of one request: all of them wait in memory, and are committed together."""
FEW = 8
"""So many fields of an entity cannot be too long together, if their texts are short."""

BODY = ROW | {"rows", "version"}
COLON = (b"\\u003a", b"\\u003A")
"""The escapes of a colon."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What a body asks for. Where there are ``problems``, ``rows`` are those that could be read."""

    rows: tuple[Row, ...]
    version: int | None = None
    is_many: bool = False
    problems: tuple[Problem, ...] = ()


class _Sent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    entity: dict[str, bool | int | str] | None = None
    input: dict[str, Scalar] | None = None
    reference: str | None = None


class _SentBody(_Sent, forbid_unknown_fields=True, gc=False):
    rows: list[_Sent] | None = None
    version: Annotated[int, msgspec.Meta(ge=-MOST - 1, le=MOST)] | None = None


known(_SentBody)
_DECODER = msgspec.json.Decoder(_SentBody)


def read(body: bytes) -> Body:
    """Read a body. Raises ``MalformedBody``; other problems come with the answer."""
    return fast(body) or slow(body)


def fast(body: bytes) -> Body | None:
    """The body in one typed pass; ``None`` where it needs a closer look, for whatever reason."""
    try:
        sent = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if sent.rows is None and sent.entity is None and sent.reference is None:
        return _input_alone(sent, body)
    rows = [sent] if sent.rows is None else sent.rows
    keys = sum(map(_keys, rows)) + (sent.version is not None)
    if sent.rows is not None:
        keys += 1 + _keys(sent)
    if not _is_each_key_once(body, keys, rows) or not all(map(_is_plain, rows)):
        return None
    if sent.rows is not None and (_keys(sent) or not 1 <= len(rows) <= MOST_ROWS):
        return None
    if any(len(row.input or ()) > MOST_FIELDS for row in rows):
        return None
    return Body(
        rows=tuple(_row(row, "" if sent.rows is None else f"/rows/{i}") for i, row in enumerate(rows)),
        version=sent.version,
        is_many=sent.rows is not None,
    )


def _input_alone(sent: _SentBody, body: bytes) -> Body | None:
    """What most bodies are, by the same rules: a row that has nothing but its input."""
    values = sent.input or {}
    keys = len(values) + (sent.input is not None) + (sent.version is not None)
    if len(values) > MOST_FIELDS or not _is_each_key_once(body, keys, [sent]):
        return None
    return Body(rows=(Row(input=values),), version=sent.version)


def slow(body: bytes) -> Body:
    """The same, field by field, with every problem and its place."""
    problems: list[Problem] = []
    form = Form(wire.parse(body), "", problems, BODY)
    version: int | None = form.scalar("version", Kind.INTEGER)
    is_many = "rows" in form
    rows = _rows(form) if is_many else [form.row()]
    return Body(rows=tuple(rows), version=version, is_many=is_many, problems=tuple(problems))


def _rows(form: Form) -> list[Row]:
    for name in sorted(ROW):
        if name in form:
            form.note(name, "conflicting", "Where there are rows, this belongs into each of them.")
    sent = form.items("rows")
    if sent == []:
        form.note("rows", "missing", "At least one row is needed.")
    if sent and len(sent) > MOST_ROWS:
        form.note("rows", "too_many", f"Expected at most {MOST_ROWS} rows.")
        return []
    return [
        Form(one, f"{form.place('rows')}/{position}", form.problems, ROW).row()
        for position, one in enumerate(sent or ())
    ]


def _is_each_key_once(body: bytes, keys: int, rows: Sequence[_Sent]) -> bool:
    """Whether no key stands twice in an object: only its last value has been kept. ``False`` also in doubt.

    Each key has its colon. Those beyond the keys that were kept stand in texts, or belong to a key that was
    lost. A colon that was escaped is in a text and not in the body: it could make up for one of a lost key.
    """
    colons = body.count(b":")
    if colons == keys:
        return True
    return not any(escape in body for escape in COLON) and colons == keys + sum(map(_colons, rows))


def _colons(sent: _Sent) -> int:
    texts = [sent.reference or "", *(sent.entity or ()), *(sent.input or ())]
    texts += [value for value in (sent.entity or {}).values() if isinstance(value, str)]
    texts += [value for value in (sent.input or {}).values() if isinstance(value, str)]
    return "".join(texts).count(":")


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
