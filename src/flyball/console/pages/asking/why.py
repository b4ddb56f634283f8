"""Why an answer is what it is, and what would turn it: loaded once the answer stands, recorded or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from flyball import inprocess
from flyball.console.asking.form import Form
from flyball.console.asking.reasons import MOST, reasons_of
from flyball.console.asking.turning import MOST_TURNS, Asked, turns_of
from flyball.console.pages.asking.page import Subject
from flyball.console.pages.asking.wondering import ANSWERED, OVER, call_of, is_its, manifest_of
from flyball.control.routing.models import Prediction
from flyball.domain.errors import FlyballError
from flyball.serving.telling.explaining import Wanted

WHY = "why"
"""What an address says to be told the reasons of its answer."""
WANTED = Wanted(MOST, MOST_TURNS)
TOLD = (
    gettext_noop(
        "The version keeps nothing that tells why it answers as it does; one that is built anew does."
    ),
    gettext_noop("As many answers are being explained as can be; try again shortly."),
    gettext_noop("The input and output of this prediction have been erased."),
)
"""Why an answer has no reasons, most often."""


def offered(subject: Subject, query: str, sent: Mapping[str, str]) -> dict[str, str]:
    """Where the reasons of an answer are found; ``query`` holds its inputs, and nothing of a recorded one."""
    return {"why": f"{_address(subject, query, sent)}&{WHY}=1"}


def told(subject: Subject, form: Form, sent: Mapping[str, str], before: Prediction | None) -> dict[str, Any]:
    """The reasons of a recorded answer; else of what the same would be answered now, by the same version.

    Why there are none, where that is so: an answer is shown whatever is known about it.
    """
    is_recorded = before is not None and is_its(subject, form, before)
    try:
        if before is not None and is_recorded:
            manifest = manifest_of(subject, before)
            one, found = inprocess.explained(before.pk, WANTED)
        else:
            manifest = subject.answering(None if before is None else before.version)
            call = call_of(subject, form, version=manifest.number)
            one, found = inprocess.what_if_explained(subject.principal, call, WANTED)
    except FlyballError as error:
        return {"no_reasons": gettext(error.detail)}
    shown = reasons_of(subject.route, form, found)
    if manifest is not None and found.counterfactuals is not None:
        asked = Asked(subject.route, manifest, form, one.decision is None)
        shown |= turns_of(asked, found.counterfactuals, lambda query: _address(subject, query, sent))
    return shown


def _address(subject: Subject, query: str, sent: Mapping[str, str]) -> str:
    """The address of a question, beside the recorded one that it was asked after."""
    kept = urlencode([(name, sent[name]) for name in (OVER, ANSWERED) if sent.get(name)])
    page = reverse("flyball-ask", args=[subject.endpoint.name])
    return f"{page}?{'&'.join(filter(None, [query, kept]))}"
