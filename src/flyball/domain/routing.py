"""Routes: which version answers, as one immutable revision after another; and what is published of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flyball.domain.abtests.assignment import SLOTS, slot
from flyball.domain.asking.words import Asking
from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.finishing.costs import cheapest
from flyball.domain.finishing.finish import Finish
from flyball.domain.records import entity_key
from flyball.domain.schema import Kind, Schema
from flyball.domain.values import Scalar, finite, label_text, spelled
from flyball.domain.weighing.declared import Weighing


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The published form of ``Threshold``: what to decide about one output.

    ``label`` is the class whose probability is compared (classification), or ``None`` (a value, or a score).
    Where errors have costs, ``break_even`` is the probability from which on a positive decision costs less,
    and each version has its own threshold.
    """

    threshold: float
    at_or_above: str
    below: str
    label: str | None = None
    break_even: float | None = None

    def of(self, version: Manifest) -> Decision:
        """The decision as a version makes it: where errors have costs, at its cheapest threshold."""
        if self.break_even is None:
            return self
        known = () if version.finish is None else version.finish.trade_offs
        return replace(self, threshold=cheapest(self.break_even, known))

    def decide(self, output: Mapping[str, Any]) -> str:
        """The decision for an output."""
        if self.label is not None:
            score = output["probabilities"][self.label]
        else:
            score = output["value"] if "value" in output else output["score"]
        return self.at_or_above if score >= self.threshold else self.below

    def fits(self, task: str, classes: tuple[Scalar, ...]) -> bool:
        """Whether outputs of such a version have the number that is compared."""
        if self.label is None:
            return task in ("regression", "anomaly_detection")
        return task == "classification" and self.label in map(label_text, classes)


@dataclass(frozen=True, slots=True)
class Arm:
    """A version's part in the traffic of an endpoint.

    Several arms may have one name: an A/B test has as many challengers as it needs. ``decision`` fits the
    arm's version, or is ``None``; ``threshold`` is the arm's own, in place of the declared one. After
    ``deadline`` seconds a fallback answers in another arm's place (``None``: only where that fails). Nothing
    reads ``segment`` yet.
    """

    name: str
    version: int
    weight: float = 1.0
    decision: Decision | None = None
    segment: str | None = None
    threshold: float | None = None
    deadline: float | None = None

    def deciding(self, decision: Decision | None) -> Arm:
        """The arm with what its endpoint decides, at its own threshold where it has one."""
        if decision is not None and self.threshold is not None:
            decision = replace(decision, threshold=self.threshold, break_even=None)
        return replace(self, decision=decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class ABTest:
    """The A/B test of an endpoint, as published: which units belong to which arm.

    ``unit`` is the column of the entity or of the request that says whose a row is; empty: the whole entity,
    else the reference. ``runs`` are slots of ``domain.abtests.assignment`` under ``salt``, in order: the
    place of an arm among those that answer, and how many slots. Where tests share units, the test has those
    whose slot under ``layer`` is in one of its ``shares`` (the first slot, and the first behind): the others
    stand outside.
    """

    number: int
    salt: str
    unit: str = ""
    runs: tuple[tuple[int, int], ...]
    layer: str = ""
    shares: tuple[tuple[int, int], ...] = ()

    def has(self, unit: str) -> bool:
        """Whether a unit is one of the test's, and not of a test that excludes this one, or held out."""
        if not self.layer:
            return True
        at = slot(self.layer, unit)
        return any(first <= at < behind for first, behind in self.shares)

    def unit_of(
        self,
        entity: Mapping[str, object],
        values: Mapping[str, object],
        reference: str | None,
        uuids: Container[str] = (),
        numbers: Container[str] = (),
    ) -> str | None:
        """Whose a row is: the value of the test's column; without one, its entity, else its reference.

        The same of a row as it was sent and as it is stored. ``uuids`` are columns of the entity that have
        several spellings of one value, ``numbers`` fields of the request that are stored as floats.
        """
        name = self.unit
        if name in numbers and name not in entity and isinstance(values.get(name), int):
            return unit_text(finite(values[name]))
        if name:
            return unit_text(entity.get(name, values.get(name)), is_uuid=name in uuids)
        if entity:
            texts = {each: unit_text(value, is_uuid=each in uuids) for each, value in entity.items()}
            return entity_key({each: text for each, text in texts.items() if text is not None})
        return reference


def unit_text(value: object, *, is_uuid: bool = False) -> str | None:
    """A value that names a unit, as text, 4711.0 as 4711: a column of whole numbers stores one for the other.

    ``None`` for no value, and for what is no scalar.
    """
    if value is None or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return label_text(spelled(value) if is_uuid else value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """How the data plane reads one feature table for one entity.

    ``sql`` holds one native placeholder (``?`` on SQLite, ``%s`` on PostgreSQL), bound to the entity's
    ``on`` value read as ``key_kind``, and gives at most one row. A row is ``columns`` in order; or, where
    ``packed``, one JSON object. ``columns`` says which kind each column is read as: databases forget.
    ``is_uuid`` says that the key is a UUID, which has several spellings: the entity is kept in one of them.
    """

    table: str
    on: str
    key_kind: Kind
    sql: str
    columns: tuple[tuple[str, Kind], ...]
    packed: bool = False
    is_uuid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One revision of an endpoint's route, as published: complete, immutable, numbered.

    ``fields`` and ``keys`` are the names of the request's fields and of the entity's columns that callers
    may send because some champion took them: what the answering version does not take is left out with a
    warning.
    ``repeated`` says which of several predictions of one reference an outcome belongs to; ``test`` is the
    A/B test in force; ``asking`` is what people read who ask.
    """

    endpoint: str
    team: str
    task: str
    number: int
    arms: tuple[Arm, ...]
    lookups: tuple[Lookup, ...] = ()
    fields: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    repeated: str = "latest"
    test: ABTest | None = None
    asking: Asking = field(default_factory=Asking)

    @property
    def champion(self) -> Arm:
        """The arm that answers. Every published route has exactly one."""
        return next(arm for arm in self.arms if arm.name == "champion")

    def shares(self) -> list[dict[str, Any]]:
        """The arms as they are told: each with its name, its version, and its share of what a test assigns.

        Without a test the champion has all of it; an arm that no row is assigned to has 0.
        """
        runs = ((self.answering.index(self.champion), SLOTS),) if self.test is None else self.test.runs
        held = Counter[int]()
        for place, length in runs:
            held[place] += length
        answering = [(arm, held[place] / SLOTS) for place, arm in enumerate(self.answering)]
        shadows = [(arm, 0.0) for arm in self.arms if arm not in self.answering]
        return [
            {"name": arm.name, "version": arm.version, "share": share}
            for arm, share in (*answering, *shadows)
        ]

    @property
    def fallback(self) -> Arm | None:
        """The arm that answers where another one fails, or is too late."""
        return next((arm for arm in self.arms if arm.name == FALLBACK), None)

    @property
    def answering(self) -> tuple[Arm, ...]:
        """The arms whose versions may answer a caller: all but the shadows, in order."""
        return tuple(arm for arm in self.arms if arm.name != "shadow")


@dataclass(frozen=True, slots=True)
class Step:
    """What a rollback reads of one revision: number, champion, and whether it is a rollback itself."""

    number: int
    champion: int
    is_rollback: bool = False


FALLBACK = "fallback"
"""The name of the arm that no row is assigned to."""
TESTED = ("challenger", "canary")
"""Names of the arms that are there for the length of a test."""
REASONS = "reasons"
"""The role of the artifact that tells why a version answers as it does, and the name of its reader."""
TOLERANCE = 1e-9
"""Largest difference between a golden number and its repetition in another process (absolute)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file of a version.

    ``role`` says what it is to the version (``pipeline``: all of it; ``compiled``: all of it as plain data;
    ``reasons``: what explains its answers);
    ``digest`` is its SHA-256; ``runtime`` names its reader; ``tolerance`` is how far its numbers may lie from
    the golden ones. ``unused`` says why it does not answer, and is empty where it does.
    """

    role: str
    digest: str
    runtime: str
    tolerance: float = TOLERANCE
    unused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What it takes to load one version and to know that it loaded right.

    ``artifacts`` are its files, each role once for each runtime; ``golden`` pairs of input and output that
    must come out again. ``finish`` is what predictions out of fold have shown, ``weighing`` what rows counted
    that it learned from. Which types of the user's own an artifact may hold is not said here: who can write a
    row must not say what runs.
    """

    endpoint: str
    number: int
    task: str
    artifacts: tuple[Artifact, ...]
    schema: Schema
    classes: tuple[Scalar, ...] = ()
    golden: tuple[tuple[dict[str, Scalar], dict[str, Any]], ...] = ()
    finish: Finish | None = None
    weighing: Weighing = field(default_factory=Weighing)

    @property
    def answering(self) -> Artifact:
        """The artifact that answers: the first that nothing speaks against.

        Raises ``ArtifactCorrupt`` where there is none.
        """
        for artifact in self.artifacts:
            if not artifact.unused:
                return artifact
        raise ArtifactCorrupt("The version has no artifact that answers.")


def promoted(
    route: Route | None, version: int, decision: Decision | None = None, threshold: float | None = None
) -> tuple[Arm, ...]:
    """The arms after ``version`` became champion: those outside a test stay, unless of that version."""
    others = () if route is None else standing(route.arms)
    kept = tuple(arm for arm in others if arm.name != "champion" and arm.version != version)
    return (Arm("champion", version, threshold=threshold).deciding(decision), *kept)


def back_to(earlier: Sequence[Arm], current: Sequence[Arm], champion: int) -> tuple[Arm, ...]:
    """The arms after a rollback to ``champion``: as it was, and beside it what stands beside a champion now.

    No test comes back. Fallback and shadows stay, unless they are of that version: whoever goes back is in
    need of the first, and the others are nothing that a champion brings back.
    """
    back = next(arm for arm in earlier if arm.name == "champion")
    beside = (arm for arm in standing(current) if arm.name != "champion" and arm.version != champion)
    return (back, *beside)


def ordered(arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """The champion first, then those of a test: their places stay, whatever else comes beside them."""
    return tuple(sorted(arms, key=lambda arm: (arm.name != "champion", arm.name not in TESTED)))


def standing(arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """The arms that stay when a test ends: all that no unit is assigned to but outside of tests."""
    return tuple(arm for arm in arms if arm.name not in TESTED)


def before_champion(history: Sequence[Step]) -> int | None:
    """Which revision a rollback brings back: the last one under the champion before the present one.

    ``history`` is every revision, the oldest first; the answer is a revision's number, or ``None`` where
    there was one champion only. Revisions are read as a stack: a promotion puts a champion on top, a rollback
    takes one off. So going back twice goes back two champions, and never forward again to the one taken back.
    """
    stack: list[Step] = []
    for step in history:
        if step.is_rollback:
            while len(stack) > 1 and stack[-1].champion != step.champion:
                stack.pop()
        if stack and stack[-1].champion == step.champion:
            stack.pop()  # the same champion in a newer revision: that one is brought back
        stack.append(step)
    return stack[-2].number if len(stack) > 1 else None


def remembering(following: Route, before: Route | None, champion: Schema) -> Route:
    """``following`` with all names that callers may send under it: its champion's and those of ``before``.

    A champion's names stay when it goes, so that clients which send them outlive a rollback. ``before`` is
    the route in force, or ``None`` to forget what earlier champions took.
    """
    fields = () if before is None else before.fields
    keys = () if before is None else before.keys
    return replace(
        following,
        fields=tuple(dict.fromkeys((*fields, *champion.of("request").names))),
        keys=tuple(dict.fromkeys((*keys, *entity_columns(following, champion)))),
    )


def entity_columns(route: Route, schema: Schema) -> tuple[str, ...]:
    """The columns that name the entity in the feature tables that a schema has fields from."""
    sources = {field.source for field in schema.fields}
    return tuple(dict.fromkeys(lookup.on for lookup in route.lookups if lookup.table in sources))


def no_longer_taken(before: Route | None, old: Schema | None, after: Route, new: Schema) -> tuple[str, ...]:
    """What the champion before took and the new one does not: from now on left out with a warning.

    Names of the request's fields, then of the entity's columns. ``old`` and ``new`` are the schemas of the
    two champions.
    """
    if before is None or old is None:
        return ()
    fields = set(new.of("request").names)
    keys = set(entity_columns(after, new))
    return (
        *(name for name in old.of("request").names if name not in fields),
        *(name for name in entity_columns(before, old) if name not in keys),
    )


def newly_required(before: Schema, after: Schema) -> tuple[str, ...]:
    """Fields of the request that callers could leave out before and must send now."""
    required = {field.name for field in before.of("request").fields if not field.nullable}
    return tuple(
        field.name
        for field in after.of("request").fields
        if not field.nullable and field.name not in required
    )


def same_output(expected: Any, actual: Any, tolerance: float = TOLERANCE) -> bool:
    """Whether two outputs are equal: labels exactly, numbers within ``tolerance`` (absolute or relative)."""
    if isinstance(expected, Mapping):
        return (
            isinstance(actual, Mapping)
            and expected.keys() == actual.keys()
            and all(same_output(expected[key], actual[key], tolerance) for key in expected)
        )
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        return len(expected) == len(actual) and all(same_output(*pair, tolerance) for pair in pairs)
    # Either may be whole: PostgreSQL's JSON writes 1e16 without an exponent, and it is read as an int.
    if {type(expected), type(actual)} in ({float}, {float, int}):
        return bool(abs(expected - actual) <= tolerance * max(1.0, abs(expected)))
    return type(expected) is type(actual) and bool(expected == actual)
