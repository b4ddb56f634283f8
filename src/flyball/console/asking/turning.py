"""What would turn a decision: the smallest changes of what may be changed, each with its answer then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

from flyball.console.asking.answers import Answer, answer_of
from flyball.console.asking.form import INPUT, Entry, Form, text_of
from flyball.console.asking.languages import here
from flyball.console.asking.reasons import label_of
from flyball.domain.reasons.told import Change, Counterfactual, Counterfactuals
from flyball.domain.routing import Manifest, Route
from flyball.serving.telling.explaining import UNTURNED

MOST_TURNS = 3
"""Changes that are shown."""
TOLD = (
    gettext_noop(
        "No change of one or two changeable fields that was tried inside of their ranges turns the decision."
    ),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A field, its value, and the one that it would have, as people read them."""

    label: str
    value: str
    to: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Changes, what is decided after them, and the answer then.

    ``address`` wonders about it on the page; it is empty where a field was looked up.
    """

    changes: tuple[Changed, ...]
    decision: str
    answer: Answer
    address: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was answered: with which form, by which version, and whether a label is all that can turn."""

    route: Route
    manifest: Manifest
    form: Form
    is_label: bool

    def called(self, decision: str) -> str:
        """A decision, or a label, as people call it."""
        return self.route.asking.label(decision, here()) if self.is_label else decision

    def turn(self, found: Counterfactual, address: Callable[[str], str]) -> Turn:
        """One counterfactual as it is shown."""
        entries = {entry.field.name: entry for entry in self.form.fields}
        changed = {f"{INPUT}.{each.field}": text_of(each.to) for each in found.changes}
        form = self.form.filled({**{entry.name: entry.text for entry in self.form.entries}, **changed})
        is_asked = all(each.field in entries for each in found.changes)
        return Turn(
            changes=tuple(self._changed(entries.get(each.field), each) for each in found.changes),
            decision=self.called(found.decision),
            answer=answer_of(
                self.route, self.manifest, found.output, None if self.is_label else found.decision
            ),
            address=address(form.query) if is_asked else "",
        )

    def _changed(self, entry: Entry | None, change: Change) -> Changed:
        label = label_of(self.route, entry, change.field)
        if entry is None:
            return Changed(label, "", text_of(change.to))
        return Changed(label, entry.says(change.value), entry.says(change.to))


def turns_of(asked: Asked, found: Counterfactuals, address: Callable[[str], str]) -> dict[str, Any]:
    """What the page says of them; ``address`` makes the one of a question.

    Nothing where no field may be changed, or nothing could turn: nobody who asks can help that.
    """
    if found.none:
        return {"unturned": gettext(found.none)} if found.none == UNTURNED else {}
    return {
        "turns": [asked.turn(each, address) for each in found.found],
        "decided": asked.called(found.decision),
    }
