"""What a promotion or a rollback changes for callers: fields, and what is decided."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.control.routing import composition
from flyball.control.routing.foreseeing.following import Following
from flyball.domain.routing import Decision
from flyball.domain.schema import Field, Schema
from flyball.domain.values import label_text

SHOWN = 12
"""Categories of a field that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that is added, gone, or otherwise than before (``change``), as people read it."""

    name: str
    change: str
    source: str
    before: str
    after: str
    effect: str = ""


def field_changes(following: Following) -> list[FieldChange]:
    """Every field of the endpoint that would not be as it is, by name; none before the first promotion."""
    if following.current is None:
        return []
    old = _by_name(composition.accepted(following.old.values()))
    new = _by_name(composition.accepted(following.new.values()))
    required, dropped = set(following.required), set(following.dropped)
    changes = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        effect = "callers must send it" if name in required else ""
        if name in dropped:
            effect = "left out with a warning where callers send it"
        if before is None or after is None:
            known = after or before
            assert known is not None  # noqa: S101 - the name is of one of them
            change = "added" if before is None else "gone"
            changes.append(_change(name, change, known.source, before, after, effect))
        elif _told(before) != _told(after) or effect:
            changes.append(_change(name, "changed", after.source, before, after, effect))
    return changes


def decision_text(decision: Decision | None) -> str:
    """What is decided, in one line; empty where nothing is."""
    if decision is None:
        return ""
    what = "the value" if decision.label is None else f"the probability of {decision.label}"
    return f"{decision.at_or_above} where {what} is at least {decision.threshold:g}, else {decision.below}"


def decisions(following: Following) -> tuple[str, str]:
    """What is decided now, and what would be."""
    current = following.current
    before = None if current is None else current.champion.decision
    return decision_text(before), decision_text(following.route.champion.decision)


def values_text(field: Field) -> str:
    """What a field may hold: its categories or its range; empty where neither is known."""
    if field.categories:
        texts = [label_text(each) for each in field.categories]
        more = f" and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
        return ", ".join(texts[:SHOWN]) + more
    if field.low is None and field.high is None:
        return ""
    low, high = ("" if each is None else f"{each:g}" for each in (field.low, field.high))
    return f"{low} – {high}"


def _change(
    name: str, change: str, source: str, before: Field | None, after: Field | None, effect: str
) -> FieldChange:
    return FieldChange(
        name=name, change=change, source=source, before=_told(before), after=_told(after), effect=effect
    )


def _told(field: Field | None) -> str:
    if field is None:
        return ""
    parts = [field.kind.value, "optional" if field.nullable else "", values_text(field)]
    return " · ".join(part for part in parts if part)


def _by_name(schema: Schema) -> dict[str, Field]:
    return {field.name: field for field in schema.fields}
