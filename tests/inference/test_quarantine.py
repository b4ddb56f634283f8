"""A model from outside is tried in a process of its own, which may take little and reach nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted, GoldenMismatch, ModelFailed
from flyball.inference.quarantine.trial import try_model
from tests.inference import misbehaving
from tests.inference.versions import manifest, version

REFUSED = r"no model needs|Forbidden"
MEMORY = 1024 * 1024 * 1024
ZERO = (({"x": 1.0}, {"value": 0.0}),)


def tried(kind: type[misbehaving.Misbehaving], what: str = "", seconds: int = 60) -> None:
    """Try a model of a type that is trusted, though it should not be."""
    described, data = version(kind(what), golden=ZERO)
    trusted = [f"{kind.__module__}.{kind.__name__}"]
    try_model(described, data, trusted, memory=MEMORY, seconds=seconds)


def test_a_sound_model_passes() -> None:
    tried(misbehaving.Misbehaving)


@pytest.mark.parametrize("kind", [misbehaving.Crashing, misbehaving.Ending], ids=["crashes", "ends"])
def test_a_model_that_ends_the_process_is_refused(kind: type[misbehaving.Misbehaving]) -> None:
    with pytest.raises(ArtifactCorrupt, match="ended the process"):
        tried(kind)


def test_a_model_that_never_answers_is_refused() -> None:
    with pytest.raises(ArtifactCorrupt, match=r"ended the process|within 5 s"):
        tried(misbehaving.Hanging, seconds=5)


def test_a_model_that_takes_too_much_memory_is_refused() -> None:
    with pytest.raises((ArtifactCorrupt, ModelFailed), match=r"more memory|MemoryError"):
        tried(misbehaving.Hungry)


def test_a_model_that_reads_a_file_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("4711")
    with pytest.raises((ArtifactCorrupt, ModelFailed), match=REFUSED):
        tried(misbehaving.Reading, str(secret))


@pytest.mark.parametrize("kind", [misbehaving.Writing, misbehaving.Starting], ids=["writes", "starts"])
def test_a_model_that_leaves_something_behind_is_refused(
    kind: type[misbehaving.Misbehaving], tmp_path: Path
) -> None:
    with pytest.raises((ArtifactCorrupt, ModelFailed), match=REFUSED):
        tried(kind, str(tmp_path / "mark"))
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_becomes_two_is_refused() -> None:
    with pytest.raises((ArtifactCorrupt, ModelFailed), match=REFUSED):
        tried(misbehaving.Forking)


def test_a_model_that_calls_somebody_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        with pytest.raises((ArtifactCorrupt, ModelFailed), match=REFUSED):
            tried(misbehaving.Calling, str(server.getsockname()[1]))
        with pytest.raises(TimeoutError):
            server.accept()


def test_what_is_not_trusted_is_refused_by_name_there_too() -> None:
    described, data = version(misbehaving.Crashing(), golden=ZERO)
    with pytest.raises(ArtifactUntrusted, match="Crashing"):
        try_model(described, data, memory=MEMORY, seconds=60)


def test_other_answers_than_the_golden_ones_are_refused_there_too() -> None:
    model = LinearRegression().fit([[0.0], [1.0]], [5.0, 6.0])
    with pytest.raises(GoldenMismatch):
        try_model(*version(model, golden=ZERO), memory=MEMORY, seconds=60)


def test_what_is_no_model_is_refused_there_too() -> None:
    data = b"no model"
    with pytest.raises(ArtifactUntrusted, match="not a skops file"):
        try_model(manifest(data, golden=ZERO), data, memory=MEMORY, seconds=60)
