"""The documents that the management API answers with, as types; tests hold its answers to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from flyball.serving.http.described.shapes import Document

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Scalar = bool | int | float | str | None


class Arm(Document):
    """A version on a route, with its part of the calls and what it decides."""

    name: str
    version: int
    weight: float
    decision: dict[str, Any] | None
    segment: str | None
    threshold: float | None
    deadline: float | None


class Route(Document):
    """What answers: champion and other arms, and what callers may send."""

    number: int
    champion: int
    arms: list[Arm]
    fields: list[str]
    keys: list[str]


class Endpoint(Document):
    """An endpoint with the route in force."""

    name: str
    team: str
    task: str
    description: str
    retired_at: Moment | None
    route: Route | None


class Revision(Route):
    """One revision of a route: how it came to be, and why."""

    kind: str
    reason: str
    created_at: Moment


class Change(Revision):
    """The revision in force after a change, and what it changes for callers."""

    dropped: list[str]
    required: list[str]


class Version(Document):
    """A version with its stage and score."""

    endpoint: str
    number: int
    stage: str
    candidate: str | None
    metric: str | None
    held_out_score: float | None
    runtime: str | None
    compiling: Any
    created_at: Moment


class WholeVersion(Version):
    """Everything that is known about a version, but for its golden rows."""

    manifest: dict[str, Any]
    facts: dict[str, Any]


class Build(Document):
    """A build: who asked for it, with which arguments, and what came of it."""

    id: int
    endpoint: str
    snapshot: str | None
    status: str
    metric: str
    seed: int
    reproducible: bool
    environment: dict[str, Any]
    error: str
    arguments: dict[str, Any]
    asked_by: str | None
    asked_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class Candidate(Document):
    """How one candidate did."""

    candidate: str
    rank: int | None
    parameters: dict[str, Any]
    fold_scores: list[float | None]
    held_out_score: float | None
    trials: int
    stopped_by_time: bool
    seconds: float
    error: str
    ended: str


class WholeBuild(Build):
    """A build with its leaderboard, the best candidate first."""

    leaderboard: list[Candidate]


class Snapshot(Document):
    """Rows that were frozen, named by their content."""

    id: int
    endpoint: str
    digest: str
    rows: int
    outcomes: int
    created_at: Moment


class WholeSnapshot(Snapshot):
    """A snapshot with the schema and the profile of its columns."""

    schema: Any
    profile: Any


class Run(Document):
    """The newest run of a schedule, and how its job stands."""

    due_at: Moment
    job: UUID
    status: str
    is_joined: bool
    skipped: int


class Schedule(Document):
    """A schedule, its next runs and its last one."""

    endpoint: str
    name: str
    kind: str
    arguments: dict[str, Any]
    times: str
    timezone: str
    state: str
    fault: str
    is_declared: bool
    created_by: str | None
    created_at: Moment
    paused_at: Moment | None
    next_runs: list[Moment]
    last_due_at: Moment | None
    last_run: Run | None


class Reason(Document):
    """Why predictions were not asked about, and how many."""

    reason: str
    count: int


class Failed(Document):
    """How many a shadow failed at, by the code of the error."""

    code: str
    count: int


class Confusion(Document):
    """How often which answer met which: a row for what answered, a column for the shadow."""

    names: list[str]
    counts: list[list[int]]
    agreement: float


class Spread(Document):
    """How far values lie apart, the shadow's less the other's; half and 95 % of all at most so far."""

    mean: float
    mean_absolute: float
    median: float | None
    p95: float | None


class Latencies(Document):
    """Within which time half of the answers came and 99 % of them, of both (seconds)."""

    p50: float | None
    p99: float | None
    p50_beside: float | None
    p99_beside: float | None


class Difference(Document):
    """The difference of the loss a row, the shadow's less the other's; its bounds hold at every look."""

    difference: float
    low: float | None
    high: float | None


class Judgement(Document):
    """What outcomes say of a shadow, row by row, and of one row of each entity."""

    rows: int
    better: int
    worse: int
    entities: int
    loss: Difference
    log_loss: Difference | None
    sentences: list[str]


class Beside(Document):
    """A shadow beside one version under one arm."""

    version: int
    arm: str | None
    answered: int
    agreement: float | None
    labels: Confusion | None
    decisions: Confusion | None
    differences: Spread | None
    latency: Latencies | None
    outcomes: Judgement | None


class Shadow(Document):
    """A version that is or was a shadow, and how far it agrees with what answered."""

    endpoint: str
    version: int
    is_answering: bool
    threshold: float | None
    since: Moment
    ended_at: Moment | None
    waiting: int
    asked: int
    answered: int
    failed: list[Failed]
    not_asked: list[Reason]
    dropped: list[Reason]
    failed_jobs: int
    fault: str
    unjudged: str
    beside: list[Beside]


class Job(Document):
    """A job, and how far it is."""

    id: UUID
    kind: str
    queue: str
    endpoint: str | None
    team: str
    status: str
    arguments: dict[str, Any]
    asked_by: str | None
    progress: float | None
    message: str
    attempt: int
    attempts: int
    result: Any
    error: str
    error_code: str
    asked_at: Moment
    due_at: Moment | None
    started_at: Moment | None
    finished_at: Moment | None
    cancel_requested_at: Moment | None


class WholeJob(Job):
    """A job with its log."""

    log: str


class Backtest(Document, rename={"from_": "from"}):
    """A version asked about a past period, and how far that is."""

    number: int
    endpoint: str
    version: int
    from_: Moment
    to: Moment
    although_learned: bool
    status: str
    error: str
    error_code: str
    job: UUID | None
    asked_by: str | None
    asked_at: Moment
    done_at: Moment | None


class WholeBacktest(Backtest):
    """A backtest with its result, once it has one."""

    result: dict[str, Any] | None


class Upload(Document):
    """A file that was sent here for a batch."""

    number: int
    endpoint: str
    name: str
    bytes: int
    uploaded_by: str | None
    uploaded_at: Moment


class Batch(Document):
    """A file that one version answers, how far that is, and what came of it."""

    number: int
    endpoint: str
    version: int
    route: int
    source: str
    out: str
    rejects: str
    upload: int | None
    status: str
    error: str
    error_code: str
    rows: int
    answered: int
    rejected: int
    job: UUID | None
    asked_by: str | None
    asked_at: Moment
    done_at: Moment | None


class Outcome(Document):
    """An outcome as it was sent, with what became of it."""

    number: int
    state: str
    prediction: UUID | None
    bound_by: str | None
    reference: str | None
    entity: dict[str, Scalar] | None
    value: Any
    occurred_at: Moment | None
    source: str
    received_at: Moment


class Key(Document):
    """A key without its text."""

    id: int
    label: str
    team: str
    role: str
    endpoints: list[str] | None
    created_by: str | None
    created_at: Moment
    ends_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class NewKey(Key):
    """A key with its text, which is shown this once."""

    key: str


DOCUMENTS = (
    Endpoint, Revision, Change, Version, WholeVersion, Build, WholeBuild, Snapshot, WholeSnapshot,
    Schedule, Job, WholeJob, Backtest, WholeBacktest, Upload, Batch, Outcome, Key, NewKey,
)  # fmt: skip
"""Those that are answered; what they hold comes with them."""
