"""The documents of A/B tests, as types."""

from __future__ import annotations

from typing import Any

from flyball.api.described.documents import Moment
from flyball.serving.http.described.shapes import Document


class TestArm(Document):
    """An arm of a test. ``share`` is that of now, and empty once the test has ended."""

    name: str
    version: int
    threshold: float | None
    share: float | None
    units: int
    predictions: int


class TestStratum(Document):
    """A time in which the shares were the same, from a route revision on."""

    number: int
    revision: int
    since: Moment
    shares: dict[str, float]
    units: dict[str, int]
    reason: str


class TestValue(Document):
    """An arm's own value of a metric, and of how many units."""

    arm: str
    value: float | None
    units: int


class TestReading(Document):
    """The difference of a challenger from the champion; a bound that says nothing is empty.

    ``ahead`` is 1 where it is shown to be above 0, -1 where below: also where there are no bounds yet.
    """

    arm: str
    estimate: float | None
    lower: float | None
    upper: float | None
    ahead: int


class TestMetric(Document):
    """A metric of a test, with every arm's value and every challenger's difference."""

    name: str
    role: str
    better: str
    shape: str
    margin: float | None
    one_sided: bool
    within: float
    mature: int
    known: int
    values: list[TestValue]
    readings: list[TestReading]


class TestDay(TestReading):
    """The primary metric's difference, of units on one day since their first prediction."""

    day: int


class TestSplit(Document):
    """The evidence that units do not fall as the shares say, from where on it is taken to be so, and why."""

    evidence: float
    broken_from: float
    cause: str


class TestSample(Document):
    """The planned sample, how much of it there is, and the difference that all of it finds."""

    information: float
    seen: float
    effect: float | None


class TestVerdict(Document):
    """The verdict, in a sentence with its error rate."""

    state: str
    sentence: str
    intervals: list[str]
    cohort: str
    level: float
    challenger: str | None
    reason: str | None
    final: bool


class Test(Document):
    """How a test stands. Times of the test itself are seconds."""

    endpoint: str
    number: int
    name: str | None
    kind: str
    state: str
    unit: str
    level: float
    at_least: float
    at_most: float | None
    stops: list[str]
    action: str
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    ended_by: int | None
    decided_at: Moment | None
    next_look_at: Moment | None
    trouble: str
    arms: list[TestArm]
    strata: list[TestStratum]
    metrics: list[TestMetric]
    days: list[TestDay]
    split: TestSplit | None
    sample: TestSample | None
    exposed: int
    mature: int
    verdict: TestVerdict | None
    next: str


class TestPlan(Document):
    """What is to be expected of a test, in numbers and in a sentence."""

    metric: str
    units_a_day: float
    variance: float | None
    effect: float | None
    units: float | None
    days: float | None
    days_at_most: float | None
    sentence: str


class StartedTest(Test):
    """A test that has started, with what is to be expected of it."""

    revision: int
    expectation: TestPlan


class TestSummary(Document):
    """A test as lists show it, with the shares that it started with."""

    endpoint: str
    number: int
    name: str | None
    kind: str
    state: str
    metric: str
    challengers: list[str]
    shares: dict[str, float]
    verdict: str | None
    sentence: str
    created_at: Moment
    started_at: Moment | None
    decided_at: Moment | None
    ended_at: Moment | None
    trouble: str


class TestPoint(Document):
    """What one look saw of a metric of an arm, and how many units had been exposed by then."""

    at: Moment
    units: int
    estimate: float | None
    lower: float | None
    upper: float | None
    ahead: int


SHARE = {"type": ["number", "string"], "description": "0.2 or 20%."}
TIME = {"type": ["number", "string"], "description": "Seconds, or a time such as 7d, 12h, 30m."}
TEXT = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}
TEXTS = {"type": ["array", "null"], "items": {"type": "string"}}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [*schema["type"], "null"]}


ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "challengers": {
            "type": "array",
            "items": {"type": ["integer", "string"]},
            "minItems": 1,
            "description": "Versions, 7, or versions with a threshold of their own, 7@0.4.",
        },
        "share": _or_null(SHARE),
        "unit": TEXT,
        "metric": TEXT,
        "better": TEXT,
        "secondary": TEXTS,
        "guardrails": {**TEXTS, "description": "latency_p99, or latency_p99:0.01 with a margin."},
        "margin": NUMBER,
        "one_sided": {"type": ["boolean", "null"]},
        "effect": NUMBER,
        "level": _or_null(SHARE),
        "at_least": _or_null(TIME),
        "at_most": _or_null(TIME),
        "within": _or_null(TIME),
        "stops": TEXTS,
        "action": TEXT,
        "layer": TEXT,
        "layer_share": _or_null(SHARE),
        "steps": {"type": ["array", "null"], "items": SHARE},
        "each": _or_null(TIME),
        "every": _or_null(TIME),
        "floor": _or_null(SHARE),
        "budget": NUMBER,
    },
    "required": ["challengers"],
    "additionalProperties": False,
}
"""What a test is asked for with; each is a word of ``control.abtests.wording.reading``."""
EXPECTED = {
    "type": ["integer", "null"],
    "description": "The route revision that the caller knows.",
}
STARTED = {**ASKED, "properties": {**ASKED["properties"], "expected": EXPECTED}}
WEIGHTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "shares": {"type": "object", "additionalProperties": SHARE, "description": "By arm: {8: 30%}."},
        "expected": EXPECTED,
    },
    "required": ["shares"],
    "additionalProperties": False,
}
DOCUMENTS = (Test, StartedTest, TestPlan, TestSummary, TestPoint)
"""Those that are answered."""
