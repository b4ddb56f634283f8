"""A version is opened in its process as in a server: audited, proven, or refused with the same error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted, FlyballError, GoldenMismatch
from flyball.domain.routing import Manifest
from flyball.inference import runtime
from flyball.inference.apart.processes import Processes
from tests.inference import misbehaving
from tests.inference.apart import in_project, own
from tests.inference.apart.processes import OWN, ask, doubling, opened
from tests.inference.versions import Trusting, manifest, version

ROOT = Path(__file__).parents[3]
ZERO = (({"x": 1.0}, {"value": 0.0}),)
GOLDEN = (({"x": 1.0}, {"value": 2.0}),)
Described = tuple[Manifest, bytes]


def learned() -> LinearRegression:
    return LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])


def cut_off() -> Described:
    described, data = version(learned())
    return described, data[:-1]


REFUSED: list[tuple[str, Callable[[], Described], type[FlyballError]]] = [
    ("other golden answers", lambda: version(learned(), golden=ZERO), GoldenMismatch),
    ("other bytes", cut_off, ArtifactCorrupt),
    ("no skops file", lambda: (manifest(b"no model"), b"no model"), ArtifactUntrusted),
    ("a type that nobody trusts", lambda: version(own.Doubling()), ArtifactUntrusted),
]


@pytest.mark.parametrize(("make", "error"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_a_server_would_refuse_is_refused_with_the_same_words(
    processes: Processes, make: Callable[[], Described], error: type[FlyballError]
) -> None:
    with pytest.raises(error) as there:
        opened(processes, make())
    with pytest.raises(error) as here:
        runtime.load(*make())
    assert there.value.detail == here.value.detail
    assert not processes._held  # what was refused takes no place


def test_a_version_that_ends_the_process_is_refused(processes: Processes) -> None:
    crashing = version(misbehaving.Crashing(), golden=ZERO)
    with pytest.raises(
        ArtifactCorrupt, match=r"The process that opened the model was ended by SIG(SEGV|BUS)"
    ):
        opened(processes, crashing, {f"{misbehaving.__name__}.Crashing"})


def test_the_server_is_asked_for_types_of_the_users_own_alone(processes: Processes) -> None:
    asked = Trusting(OWN)
    assert opened(processes, version(learned(), golden=GOLDEN), asked) is not None
    assert asked.asked == []
    found = opened(processes, version(own.Doubling(), golden=GOLDEN), asked)
    assert asked.asked == [OWN]
    assert ask(found, 3.0) == [6.0]


def test_a_project_is_prepared_before_a_type_of_its_own_is_used(processes: Processes) -> None:
    found = opened(processes, version(own.Prepared()), {f"{own.__name__}.Prepared"})
    assert ask(found, 3.0) == [1.0]


def test_a_type_that_needs_django_finds_it_set_up() -> None:
    described, trusted = version(in_project.Columns()), {f"{in_project.__name__}.Columns"}
    processes = Processes(1, "django:setup")
    try:
        assert ask(opened(processes, described, trusted), 3.0) == ask(runtime.load(*described, trusted), 3.0)
    finally:
        processes.close()


def test_a_type_that_cannot_be_imported_apart_is_left_to_the_server(
    processes: Processes, caplog: pytest.LogCaptureFixture
) -> None:
    described = version(in_project.Columns())
    assert opened(processes, described, {f"{in_project.__name__}.Columns"}) is None
    assert "test@1 is opened in the server itself: with types of your own" in caplog.text
    assert not processes._held


MAIN = """
from tests.inference.apart.own import Doubling

class Mine(Doubling):
    pass

if __name__ == "__main__":
    from flyball.inference import runtime
    from flyball.inference.apart.processes import Processes
    from tests.inference.versions import version
    manifest, data = version(Mine())
    trusted = {"__main__.Mine"}
    print(Processes(1).opened(manifest, data, lambda: data, trusted))
    print(runtime.load(manifest, data, trusted).predict([{"x": 3.0}]))
"""


def test_a_type_of_the_started_script_is_left_to_the_server(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(MAIN)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=True
    )
    assert done.stdout.splitlines() == ["None", "[{'value': 6.0}]"]
    assert "__main__" not in done.stdout
    assert "is opened in the server itself" in done.stderr


def test_what_finds_no_place_is_left_to_the_server(
    processes: Processes, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = doubling(processes), doubling(processes)
    assert opened(processes, version(learned())) is None
    assert "there are 2 processes of models already" in caplog.text
    del first
    assert opened(processes, version(learned())) is not None
    assert ask(second, 3.0) == [6.0]


def test_none_may_be_wanted(caplog: pytest.LogCaptureFixture) -> None:
    assert opened(Processes(0), version(learned())) is None
    assert caplog.text == ""


@pytest.mark.parametrize("interpreter", ["/nowhere/python", "/bin/false"])
def test_where_no_process_starts_the_server_answers(
    processes: Processes, interpreter: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter)  # as where Python is embedded
    assert opened(processes, version(learned())) is None
    assert "test@1 is opened in the server itself: no process could be started" in caplog.text
    assert not processes._held
