"""Pages of backtests: asked for in a form, watched, and read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flyball.control.backtests.models import Backtest
from flyball.control.jobs import running
from flyball.control.jobs.performing import perform
from flyball.control.registry.models import Version
from flyball.domain.records import now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
LIST = "/endpoints/purchase/backtests"
FORM = {"version": "1", "from": "2026-01-01"}
WEEK = {"to": "2026-01-15T00:00:00.000000Z", "rows": 20, "answered": 0.7, "version": 0.8}
FOUND: dict[str, Any] = {
    "metric": "roc_auc",
    "decision": "offer where the probability of yes is at least 0.5, else leave",
    "has_learned": True,
    "learned": "purchase@1 learned from it.",
    "is_selected": True,
    "observed_when": "offer",
    "selection": "Of the rows whose decision was offer: no other has an outcome.",
    "predictions": 40,
    "erased": 1,
    "asked": 38,
    "differing": 9,
    "labelled": 30,
    "lacking": 3,
    "immature": 2,
    "unobserved": 3,
    "not_asked": [{"reason": "age: it was not recorded, and the version needs it.", "count": 1}],
    "not_scored": [{"reason": "It was answered by a version of other labels.", "count": 2}],
    "without": [{"field": "job", "count": 4}],
    "answered_by": [{"version": 1, "count": 38}],
    "differences": {"median": 0.5, "p95": 1.5, "largest": 2.0},
    "by_label": [
        {
            "label": "<yes>",
            "answered": 20,
            "version": 21,
            "same": 15,
            "happened": 18,
            "answered_right": 12,
            "version_right": 14,
        }
    ],
    "by_decision": [{"decision": "offer", "answered": 20, "version": 21, "same": 15}],
    "scores": {
        "answered": 0.7,
        "version": 0.8,
        "difference": 0.1,
        "lower": 0.02,
        "upper": 0.18,
        "rows": 30,
        "units": 1,
        "reason": "",
    },
    "weeks": [
        {"from": "2026-01-01T00:00:00.000000Z", **WEEK},
        {"from": "2026-01-08T00:00:00.000000Z", **WEEK},
    ],
    "off_policy": {
        "of": "the part whose outcome is yes",
        "reason": "",
        "drawn": 40,
        "lacking": 5,
        "not_estimated": [{"reason": "Why.", "count": 1}],
        "rows": 34,
        "matched": 20,
        "largest_weight": 3.25,
        "answered": 0.4,
        "estimates": [
            {"way": "doubly_robust", "estimate": 0.45, "lower": 0.4, "upper": 0.5, "effective": 21.5}
        ],
    },
    "examples": [],
}


def done(version: Version, **found: Any) -> str:
    """The page of a backtest that has found something."""
    moment = now()
    made = Backtest.objects.create(
        endpoint=version.endpoint,
        version=1,
        start=moment,
        end=moment,
        done_at=moment,
        result={**FOUND, **found},
    )
    return f"{LIST}/{made.pk}"


def test_a_form_asks_and_its_page_says_how_it_goes(browser: Browser, version: Version) -> None:
    owner = browser("owner")
    assert "Nobody has asked yet" in owner.get(LIST).content.decode()
    answer = owner.post(LIST, FORM)
    made = Backtest.objects.get()
    assert answer["Location"] == f"{LIST}/{made.pk}"
    waiting = owner.get(answer["Location"]).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert "Cancel" in waiting
    assert "Cancel" not in browser("viewer").get(answer["Location"]).content.decode()
    assert made.job_id is not None
    run = running.claim(made.job_id)
    assert run is not None
    perform(run)
    ended = owner.get(answer["Location"]).content.decode()
    assert 'hx-trigger="every 2s"' not in ended
    assert "No prediction of the period has an outcome that can be scored." in ended
    assert f'href="{LIST}/{made.pk}"' in owner.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({**FORM, "from": "yesterday"}, "Expected a date or a moment"),
        ({**FORM, "to": "soon"}, "Expected a date or a moment"),
        ({**FORM, "version": "first"}, "Expected the number of a version"),
        ({**FORM, "to": "2025-01-01"}, "ends before it begins"),
        ({**FORM, "to": (now() + timedelta(days=9)).date().isoformat()}, "has not ended yet"),
    ],
)
def test_a_form_that_does_not_fit_says_where(
    browser: Browser, version: Version, form: dict[str, str], says: str
) -> None:
    answer = browser("owner").post(LIST, form)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Backtest.objects.exists()


def test_everything_that_was_found_stands_on_the_page(browser: Browser, version: Version) -> None:
    text = browser("viewer").get(done(version)).content.decode()
    for said in (
        "purchase@1 learned from it. Its score is too good.",
        "Of the rows whose decision was offer: no other has an outcome.",
        "0.7000",
        "0.0200 to 0.1800",
        "30 predictions of 1 unit:",
        "Not decided as offer",
        "&lt;yes&gt;",
        "It was answered by a version of other labels.",
        "Doubly robust",
        "The largest weight is 3.25.",
        "5 more have no outcome that counts.",
        "It scores higher in 2 of 2 weeks.",
        "@1 decides offer where",
    ):
        assert said in text
    assert "<yes>" not in text


def test_why_there_is_no_estimate_stands_in_its_place(browser: Browser, version: Version) -> None:
    reason = {**FOUND["off_policy"], "reason": "There was no A/B test.", "estimates": []}
    text = browser("viewer").get(done(version, off_policy=reason, weeks=[])).content.decode()
    assert "There is no estimate. There was no A/B test." in text
    assert "Scores by week" not in text


def test_scores_by_week_are_a_file_too(browser: Browser, version: Version) -> None:
    answer = browser("viewer").get(f"{done(version)}?csv=weeks")
    assert answer.content.decode().splitlines()[1].endswith("20,0.7,0.8")
    assert browser("viewer").get(f"{LIST}/999").status_code == 404
