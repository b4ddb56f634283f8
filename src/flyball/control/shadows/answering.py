"""The job: it asks a shadow with the inputs of what was predicted, and keeps its answers apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flyball.control.connection import database
from flyball.control.declarations import discovery
from flyball.control.declarations.configured import configured
from flyball.control.registry import selectors as registry
from flyball.control.routing import composition
from flyball.control.routing import selectors as routing
from flyball.control.routing.foreseeing import questions
from flyball.control.routing.foreseeing.questions import Question
from flyball.control.shadows import judging, resting, selectors
from flyball.control.shadows.keeping import ANSWERED, ASKED, DIFFERING, DISTANCE, FAILED, Kept
from flyball.control.shadows.known import arm_of, unjudged
from flyball.domain.errors import Conflict, ModelFailed
from flyball.domain.records import Prediction, first_id, now
from flyball.domain.routing import Decision, Manifest
from flyball.domain.shadows.agreement import distance_of
from flyball.stores.shadows import reading
from flyball.stores.shadows.steps import Answer

if TYPE_CHECKING:
    from flyball.control.jobs.running import Run
    from flyball.inference.runtime import Runtime

LAG = timedelta(seconds=2)
"""Predictions younger than this may still be committed before others with later ids."""
OVERLAP = timedelta(seconds=60)
"""So far behind the last one it is looked for those that were committed later still."""
LIFE = 60.0
"""How long a job goes on (seconds): others wait for its worker."""
IDLE = 5.0
"""How long it waits for more (seconds)."""
POLL = 1.0
PAUSE = 0.25
"""Between two steps (seconds): each keeps the writers of SQLite out for a few milliseconds."""
LOOK = 5.0
"""Between two looks at what is late and what is too much (seconds)."""
PAGE = 500
"""Rows of one step."""
ALONE = 10
"""Of these, how many are asked alone, and timed; the rest are asked together."""
BUDGET = 1.0
"""Seconds of computing after which a step is written; less where others wait for processors."""
ATTEMPTS = 3
"""How often a process may end at a row before that is passed over."""
DIED = "The process that asked ended at this row, again and again."
ERASED = "It has been erased."
OWN = "It was answered by this version."


def carry_out(run: Run, *, version: int) -> dict[str, Any]:
    """The job: answer what waits, a minute at most, and judge what has an outcome by now."""
    row = selectors.shadows(run.endpoint or "").filter(version=version, ended_at=None).first()
    if row is None:
        return {"answered": 0}
    chosen = registry.version(row.endpoint_id, version)
    runtime = registry.loaded(chosen)
    store = database()
    with closing(store.connect()) as connection:
        store.may_lose(connection)
        store.leave_checkpoints(connection)
        asking = Asking(Kept(row, connection), registry.manifest(chosen), runtime)
        try:
            asking.go_on()
        except Conflict:  # it is a shadow no more, or another worker has it
            return {"answered": asking.answered}
    return {"answered": asking.answered}


class Asking:
    """Asks one shadow, a step at a time."""

    def __init__(self, kept: Kept, manifest: Manifest, runtime: Runtime) -> None:
        self.answered = 0
        self._kept = kept
        self._manifest = manifest
        self._runtime = runtime
        self._decisions: dict[int, Decision | None] = {}
        self._looked = float("-inf")
        self._careful = 0
        declaration = discovery.autodiscover().get(kept.endpoint)
        is_judged = not unjudged(declaration)
        self._maturity = (
            declaration.outcome.maturity if is_judged and declaration and declaration.outcome else None
        )

    def go_on(self) -> None:
        """Until there is nothing more, or a minute is over. Raises ``Conflict`` where it is another's."""
        self.begin()
        ends = time.monotonic() + LIFE
        worked = time.monotonic()
        try:
            while time.monotonic() < ends and time.monotonic() - worked < IDLE:
                began, computed = time.monotonic(), time.process_time()
                has_worked = self.step(now())
                rest = resting.seconds(time.process_time() - computed, time.monotonic() - began)
                rest = min(rest, ends - time.monotonic())
                time.sleep(max(PAUSE if has_worked else POLL, rest))
                if has_worked:  # a rest is no waiting for more
                    worked = time.monotonic()
        finally:
            self.end()

    def begin(self) -> None:
        """Say that it begins at the cursor: where it ends here without a word, that is known by it."""
        before = self._kept.row.begun
        is_over = before >= ATTEMPTS
        if is_over:
            self._pass_over()
        # One by one: what ends the process takes no other with it.
        self._careful = PAGE if before else 0
        self._kept.take(begun=1 if is_over else before + 1)

    def end(self) -> None:
        """Say that it ends by itself; what a step has begun to count is forgotten."""
        self._kept.forget()
        self._kept.take(begun=0)

    def step(self, moment: datetime) -> bool:
        """Answer a page of what waits and judge a page of outcomes; says whether there was anything."""
        until = first_id(moment - LAG)
        late: list[Prediction] = []
        if time.monotonic() - self._looked >= LOOK and not self._careful:
            self._looked = time.monotonic()
            self._drop(moment, until)
            late = self._late()
        done = self._answer(late, is_late=True) if late else 0
        limit = 1 if self._careful else PAGE
        self._careful = max(self._careful - 1, 0)
        kept = self._kept
        rows = reading.waiting(kept.database, kept.connection, kept.endpoint, kept.row.cursor, until, limit)
        done += self._answer(rows) if rows else 0
        is_told = self._maturity is not None and judging.judge(kept, moment, self._maturity)
        return done > 0 or is_told

    def _drop(self, moment: datetime, until: UUID) -> None:
        """Leave out what has waited too long, and the oldest of what is too much."""
        config, kept = configured(), self._kept
        ended = first_id(moment - timedelta(minutes=config.shadow_minutes))
        beyond = reading.from_end(kept.database, kept.connection, kept.endpoint, until, config.shadow_rows)
        reasons = [(ended, f"They waited longer than {config.shadow_minutes:,} minutes.")]
        if beyond is not None:
            reasons.append((beyond, f"More than {config.shadow_rows:,} waited."))
        for upto, reason in reasons:
            after = kept.row.cursor
            count = (
                0
                if upto <= after
                else reading.count(kept.database, kept.connection, kept.endpoint, after, upto)
            )
            if count:
                dropped = {**kept.row.dropped, reason: kept.row.dropped.get(reason, 0) + count}
                kept.take(cursor=upto, floor=upto, dropped=dropped, begun=1)

    def _late(self) -> list[Prediction]:
        kept = self._kept
        behind = OVERLAP // timedelta(milliseconds=1) << 80
        after = max(kept.row.floor, UUID(int=max(kept.row.cursor.int - behind, 0)))
        place = (kept.endpoint, kept.row.pk, kept.version)
        return reading.late(kept.database, kept.connection, *place, after, kept.row.cursor, PAGE)

    def _pass_over(self) -> None:
        kept = self._kept
        until = first_id(now())  # it was old enough before
        for stored in reading.waiting(
            kept.database, kept.connection, kept.endpoint, kept.row.cursor, until, 1
        ):
            answer = self._failed(stored, "died", DIED)
            kept.take(answers=[answer], cursor=stored.id)

    def _answer(self, rows: Sequence[Prediction], *, is_late: bool = False) -> int:
        """Ask with as many of the rows as there is time for, in their order; says how many those are."""
        questions_of = [self._question(each) for each in rows]
        answers: list[Answer] = []
        together: list[tuple[Prediction, Question]] = []
        budget = BUDGET * resting.part()
        began, alone = time.monotonic(), 0
        done = 0
        for stored, asked in zip(rows, questions_of, strict=True):
            spent = time.monotonic() - began
            if spent > budget or (alone and len(together) * spent / alone > budget - spent):
                break
            done += 1
            if asked.reason:
                answers += self._left(stored, asked.reason)
            elif alone < ALONE:
                answers.append(self._alone(stored, asked))
                alone += 1
            else:
                together.append((stored, asked))
        outputs = questions.outputs(self._runtime, [asked.values for _, asked in together])
        answers += [
            self._given(stored, output) for (stored, _), output in zip(together, outputs, strict=True)
        ]
        moved: dict[str, Any] = {} if is_late else {"cursor": rows[done - 1].id}
        self._kept.take(answers=answers, begun=1, **moved)
        self.answered += len(answers)
        return done

    def _question(self, stored: Prediction) -> Question:
        if stored.erased_at is not None:
            return Question(reason=ERASED)
        if stored.version == self._kept.version:
            return Question(reason=OWN)
        return questions.question(self._manifest.schema, stored)

    def _left(self, stored: Prediction, reason: str) -> list[Answer]:
        self._kept.beside(stored).leave(reason)
        if reason in (ERASED, OWN):
            return []
        return [Answer(prediction=stored.id, code="not_asked", reason=reason)]

    def _alone(self, stored: Prediction, asked: Question) -> Answer:
        began = time.perf_counter()
        (output,) = questions.outputs(self._runtime, [asked.values])
        seconds = time.perf_counter() - began
        answer = self._given(stored, output, round(seconds * 1_000_000))
        if output is not None and stored.latency is not None:
            self._kept.beside(stored).time(seconds, stored.latency / 1_000_000)
        return answer

    def _given(self, stored: Prediction, output: dict[str, Any] | None, latency: int | None = None) -> Answer:
        if output is None:
            return self._failed(stored, ModelFailed.code, "The model gives no answer to it.")
        found = self._decision(stored)
        decision = None if found is None else found.decide(output)
        is_other = self._kept.beside(stored).add(stored, output, decision)
        hour = self._kept.hour(stored.id)
        hour[ASKED] += 1
        hour[ANSWERED] += 1
        hour[DIFFERING] += is_other
        hour[DISTANCE] += abs(distance_of(stored.output, output) or 0.0)
        return Answer(prediction=stored.id, output=output, decision=decision, latency=latency)

    def _failed(self, stored: Prediction, code: str, reason: str) -> Answer:
        self._kept.beside(stored).fail(code)
        hour = self._kept.hour(stored.id)
        hour[ASKED] += 1
        hour[FAILED] += 1
        return Answer(prediction=stored.id, code=code, reason=reason)

    def _decision(self, stored: Prediction) -> Decision | None:
        """What was decided with by the route of then, at the shadow's own threshold where it has one."""
        if stored.route not in self._decisions:
            route = routing.document(routing.revision(self._kept.endpoint, stored.route))
            decision = route.champion.decision
            arm = arm_of(route, self._kept.version)
            decision = composition.fitting(decision, self._manifest)
            self._decisions[stored.route] = decision if arm is None else arm.deciding(decision).decision
        return self._decisions[stored.route]
