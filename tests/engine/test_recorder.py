"""The recorder acknowledges after the commit, refuses when too much waits, and survives its connection."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from flyball.domain.errors import Overloaded
from flyball.domain.records import Prediction
from flyball.serving.recording.recorder import STALLED_SECONDS, Recorder
from flyball.stores import records
from flyball.stores.database import Database
from flyball.stores.records import Submission
from tests.stores.predictions import made

pytestmark = pytest.mark.storage
LIMIT = 4
PATIENCE_SECONDS = 30


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    running = Recorder(database, LIMIT)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def blocker(database: Database) -> Iterator[Any]:
    """Somebody else, who keeps the database locked until they roll back."""
    connection = database.connect()
    lock(database, connection)
    yield connection
    connection.close()


def lock(database: Database, connection: Any) -> None:
    connection.execute("BEGIN" if database.is_postgres else "BEGIN IMMEDIATE")
    if database.is_postgres:
        connection.execute("LOCK TABLE flyball_prediction IN ACCESS EXCLUSIVE MODE")


def stalled(recorder: Recorder) -> bool:
    return time.monotonic() > recorder.stalled_at


def submission(**values: Any) -> Submission:
    return Submission(predictions=(made(**values),))


def result(done: Future[list[Prediction]]) -> list[Prediction]:
    return done.result(PATIENCE_SECONDS)


def stored(database: Database, *predictions: Prediction) -> int:
    connection = database.connect()
    try:
        return len(records.many(database, connection, [each.id for each in predictions]))
    finally:
        connection.close()


def hold(recorder: Recorder) -> threading.Event:
    """Keep the writer busy until the event is set."""
    began, release = threading.Event(), threading.Event()

    def work(connection: Any) -> None:
        began.set()
        release.wait(PATIENCE_SECONDS)

    recorder.run(work)
    assert began.wait(PATIENCE_SECONDS)
    return release


def test_what_is_acknowledged_is_in_the_database(recorder: Recorder, database: Database) -> None:
    answered = result(recorder.submit(submission()))
    assert stored(database, *answered) == 1


def test_what_gathers_during_a_commit_goes_into_one_commit(recorder: Recorder) -> None:
    release = hold(recorder)
    waiting = [recorder.submit(submission()) for _ in range(LIMIT - 1)]
    release.set()
    for each in waiting:
        result(each)
    assert recorder.commits == 1


def test_when_as_much_waits_as_may_the_next_is_refused_at_once(recorder: Recorder) -> None:
    release = hold(recorder)
    waiting = [recorder.submit(submission()) for _ in range(LIMIT - 1)]
    with pytest.raises(Overloaded):
        recorder.submit(submission())
    release.set()
    for each in waiting:
        result(each)
    assert result(recorder.submit(submission()))
    assert recorder.waiting == 0


def test_what_waits_is_committed_before_the_recorder_stops(database: Database) -> None:
    recorder = Recorder(database, LIMIT)
    recorder.start()
    release = hold(recorder)
    waiting = recorder.submit(submission())
    threading.Timer(0.05, release.set).start()
    recorder.stop()
    assert stored(database, *result(waiting)) == 1
    with pytest.raises(Overloaded):
        recorder.submit(submission())


def test_a_connection_that_breaks_is_opened_again(recorder: Recorder, database: Database) -> None:
    recorder.run(lambda connection: connection.close()).result(PATIENCE_SECONDS)
    assert stored(database, *result(recorder.submit(submission()))) == 1


def test_other_work_that_breaks_the_connection_is_refused_and_the_next_goes_on(
    recorder: Recorder, database: Database
) -> None:
    with pytest.raises(Overloaded):
        recorder.run(lambda connection: connection.execute("SELECT nothing FROM nowhere")).result(30)
    assert stored(database, *result(recorder.submit(submission()))) == 1


def test_one_that_cannot_be_stored_does_not_stop_the_others(recorder: Recorder, database: Database) -> None:
    release = hold(recorder)
    good = [recorder.submit(submission()) for _ in range(2)]
    bad = recorder.submit(submission(input={"age": float("nan")}))
    release.set()
    with pytest.raises(Overloaded):
        result(bad)
    assert stored(database, *(each for done in good for each in result(done))) == 2


def test_a_commit_that_happened_without_saying_so_is_not_made_twice(
    recorder: Recorder, database: Database
) -> None:
    lost = submission()
    recorder.run(lambda connection: _write(database, connection, lost)).result(PATIENCE_SECONDS)
    fresh = submission()
    release = hold(recorder)
    again = [recorder.submit(each) for each in (lost, fresh)]
    release.set()
    assert [result(each) for each in again] == [list(lost.predictions), list(fresh.predictions)]
    assert stored(database, *lost.predictions, *fresh.predictions) == 2


def test_who_stops_waiting_does_not_disturb_the_others(recorder: Recorder, database: Database) -> None:
    release = hold(recorder)
    gone, here = recorder.submit(submission()), recorder.submit(submission())
    gone.cancel()
    release.set()
    assert stored(database, *result(here)) == 1


def test_a_database_that_is_away_refuses_and_takes_again_when_it_is_back(
    database: Database, recorder: Recorder
) -> None:
    elsewhere = Database(
        "postgresql://nobody@127.0.0.1:1/none" if database.is_postgres else "sqlite:////no/where"
    )
    recorder.run(lambda connection: connection.close()).result(PATIENCE_SECONDS)
    recorder.database = elsewhere
    with pytest.raises(Overloaded):
        result(recorder.submit(submission()))
    recorder.database = database
    assert stored(database, *result(recorder.submit(submission()))) == 1


def test_an_outage_is_said_once_however_many_were_refused(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Database(
        "postgresql://nobody@127.0.0.1:1/none" if database.is_postgres else "sqlite:////no/where"
    )
    recorder = Recorder(elsewhere, LIMIT)
    recorder.start()
    outages = []
    for _ in range(2):
        caplog.clear()
        for _ in range(3):
            with pytest.raises(Overloaded):
                result(recorder.submit(submission()))
        with pytest.raises(Overloaded):
            recorder.run(lambda connection: None).result(PATIENCE_SECONDS)
        outages.append([each.getMessage() for each in caplog.records])
        recorder.database = database
        result(recorder.submit(submission()))
        recorder.run(lambda connection: connection.close()).result(PATIENCE_SECONDS)
        recorder.database = elsewhere
    recorder.stop()
    for said in outages:
        assert "Something was not stored: OperationalError" in said
        assert len(said) == len(set(said))


def test_it_says_how_durable_its_own_connection_is(recorder: Recorder) -> None:
    result(recorder.submit(submission()))
    assert recorder.durability in {"synchronous=2", "synchronous_commit=on"}


def _write(database: Database, connection: Any, *batch: Submission) -> None:
    with database.transaction(connection):
        records.write(database, connection, batch)


def test_a_large_request_is_taken_whole_when_nothing_waits(recorder: Recorder, database: Database) -> None:
    first = made()
    many = tuple(replace(first, id=made(minutes).id) for minutes in range(LIMIT * 3))
    assert stored(database, *result(recorder.submit(Submission(predictions=many)))) == LIMIT * 3


def test_while_a_commit_waits_for_a_lock_the_next_is_refused_at_once(
    recorder: Recorder, database: Database, blocker: Any
) -> None:
    first = recorder.submit(submission())
    while not stalled(recorder):
        time.sleep(0.01)
    with pytest.raises(Overloaded):
        recorder.submit(submission())
    assert not first.done()
    blocker.execute("ROLLBACK")
    assert stored(database, *result(first), *result(recorder.submit(submission()))) == 2


def test_a_lock_that_stays_refuses_all_that_waited_and_stores_none_of_it(
    database: Database, blocker: Any
) -> None:
    recorder = Recorder(replace(database, wait_seconds=0.5), LIMIT)
    recorder.start()
    release = hold(recorder)
    some = [submission() for _ in range(2)]
    waiting: list[Future[Any]] = [
        recorder.submit(some[0]),
        recorder.run(lambda connection: None),
        recorder.submit(some[1]),
    ]
    release.set()
    for each in waiting:
        with pytest.raises(Overloaded):
            each.result(PATIENCE_SECONDS)
    assert recorder.waiting == 0
    blocker.execute("ROLLBACK")
    answered = result(recorder.submit(submission()))
    recorder.stop()
    assert stored(database, *answered, *(each for one in some for each in one.predictions)) == 1


def test_after_a_commit_that_stood_still_one_alone_tries_whether_another_does(
    database: Database, blocker: Any
) -> None:
    recorder = Recorder(replace(database, wait_seconds=STALLED_SECONDS + 0.2), LIMIT)
    recorder.start()
    with pytest.raises(Overloaded):
        result(recorder.submit(submission()))
    trying = recorder.submit(submission())
    with pytest.raises(Overloaded):
        recorder.submit(submission())
    blocker.execute("ROLLBACK")
    kept = [*result(trying), *result(recorder.submit(submission()))]
    recorder.stop()
    assert stored(database, *kept) == 2


def test_who_tries_a_database_that_stood_still_is_told_soon(database: Database, blocker: Any) -> None:
    recorder = Recorder(replace(database, wait_seconds=3600), LIMIT)
    recorder.stalled_at = 0
    recorder.start()
    with pytest.raises(Overloaded):
        result(recorder.submit(submission()))
    blocker.execute("ROLLBACK")
    answered = result(recorder.submit(submission()))
    assert not stalled(recorder)
    assert stored(database, *answered) == 1
    lock(database, blocker)
    waiting = recorder.submit(submission())
    while not stalled(recorder):
        time.sleep(0.01)
    blocker.execute("ROLLBACK")
    assert stored(database, *result(waiting)) == 1
    recorder.stop()


def test_who_waits_behind_counts_that_a_lock_kept_out_does_not_begin_to_wait_anew(
    database: Database, blocker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    if database.is_postgres:
        blocker.execute("LOCK TABLE flyball_minute IN ACCESS EXCLUSIVE MODE")
    recorder = Recorder(replace(database, wait_seconds=1.0), LIMIT)
    recorder.meter.refused("triage", "invalid_input")
    recorder.start()
    while recorder.stalled_at == math.inf:
        time.sleep(0.01)
    with pytest.raises(Overloaded):
        result(recorder.submit(submission()))
    blocker.execute("ROLLBACK")
    recorder.stop()
    assert not [said for said in caplog.messages if said.startswith("A commit failed")]  # none was begun
